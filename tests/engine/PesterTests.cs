using System.Collections.Generic;
using System.IO;
using System.Linq;
using PSSharedMemory.EngineTests.Runner;
using Xunit;

namespace PSSharedMemory.EngineTests;

/// <summary>tests/pester on the embedded engine: a test of the report for each It, and one for each file as a whole.</summary>
public sealed class PesterTests
{
    public static IEnumerable<TheoryDataRow<string, int, string>> Cases()
    {
        foreach (var file in PesterSuite.Files)
        {
            // A file that is refused has no rows here; the test of the whole file says why.
            var cases = TestFile.Discover(Path.Combine(Repository.PesterFolder, file)).Cases;
            for (var i = 0; i < cases.Count; i++)
            {
                TheoryDataRow<string, int, string> row = new(file, i, cases[i].Path) { TestDisplayName = cases[i].Path, Label = "" };
                foreach (var tag in cases[i].Tags)
                {
                    row.Traits.TryAdd("Tag", []);
                }

                if (cases[i].Tags.Count > 0)
                {
                    row.Traits["Tag"].UnionWith(cases[i].Tags);
                }

                yield return row;
            }
        }
    }

    public static IEnumerable<TheoryDataRow<string>> Files() =>
        PesterSuite.Files.Select(file => new TheoryDataRow<string>(file) { TestDisplayName = $"{file} as a whole", Label = "" });

    [Theory]
    [MemberData(nameof(Cases))]
    public void It(string file, int ordinal, string path)
    {
        var outcome = PesterSuite.OutcomeOf(file).Outcome;
        Assert.True(ordinal < outcome.Cases.Count, $"{file} had this test when it was listed, and has not now.\n{Refusals(file, outcome)}");
        var test = outcome.Cases[ordinal];
        Assert.Equal(path, test.Path);
        switch (test.Verdict)
        {
            case Verdict.Passed:
                break;
            case Verdict.Skipped:
                Assert.Skip(test.Message);
                break;
            case Verdict.Inconclusive:
                Assert.Skip($"Inconclusive: {test.Message}");
                break;
            default:
                Assert.Fail($"{file}:{test.Line}\n{test.Message}");
                break;
        }
    }

    /// <summary>The file is understood, its set-ups and clean-ups succeed, and nothing stays behind.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void File(string file)
    {
        var outcome = PesterSuite.OutcomeOf(file);
        Assert.True(outcome.Outcome.Refusals.Count == 0, Refusals(file, outcome.Outcome));
        Assert.True(outcome.Outcome.BlockErrors.Count == 0, string.Join("\n\n", outcome.Outcome.BlockErrors));
        Assert.True(outcome.LeftBehind.Count == 0, $"Left behind:\n{string.Join('\n', outcome.LeftBehind)}");
    }

    private static string Refusals(string file, FileOutcome outcome) =>
        string.Join('\n', outcome.Refusals.Select(r => $"{file}:{r.Line}: {r.Message}"));
}
