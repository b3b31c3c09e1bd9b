using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using PSSharedMemory.EngineTests.RealPester;
using PSSharedMemory.EngineTests.Runner;
using Xunit;

namespace PSSharedMemory.EngineTests;

/// <summary>The embedded runner against the real Pester, where that is at hand: the same tests with the same verdicts.</summary>
public sealed class RealPesterTests
{
    [Fact]
    public void BothRunnersAgreeOnTheSuite() => Compare(Repository.PesterFolder, file => PesterSuite.OutcomeOf(file).Outcome);

    [Fact]
    public void BothRunnersAgreeOnTheFixtures()
    {
        var folder = Path.Combine(Repository.FixturesFolder, "verdicts");
        Compare(folder, file => TestFile.Run(Path.Combine(folder, file)));
    }

    private static void Compare(string folder, Func<string, FileOutcome> embedded)
    {
        var real = RealPesterRun.Of(folder);
        Assert.NotEmpty(real.Cases);
        string[] differences = [.. PesterSuite.FilesIn(folder).SelectMany(file =>
            Differences(file, embedded(file), [.. real.Cases.Where(c => c.File == file)], real.Version))];
        Assert.True(differences.Length == 0, string.Join(Environment.NewLine, differences));
    }

    private static IEnumerable<string> Differences(string file, FileOutcome embedded, RealCase[] real, Version version)
    {
        if (embedded.Cases.Count != real.Length)
        {
            yield return $"{file}: {embedded.Cases.Count} tests here, {real.Length} in Pester {version}: "
                + string.Join("; ", embedded.Refusals.Select(r => $"{r.Line}: {r.Message}").Concat(real.Select(c => c.Path)));
            yield break;
        }

        foreach ((var here, var there) in embedded.Cases.Zip(real))
        {
            // The hosts differ in their commands: what needs one of pwsh's own (jobs, packages) is skipped on the other.
            if (here.Verdict == Verdict.Skipped && there.Verdict == nameof(Verdict.Passed))
            {
                continue;
            }

            if (here.Verdict.ToString() != there.Verdict)
            {
                yield return $"{file}:{here.Line} {here.Path}: {here.Verdict} here, {there.Verdict} in Pester {version}. {here.Message}";
            }
            // Pester expands no name of a test that it does not run, and before version 6 it wrote values otherwise.
            else if (version.Major >= 6 && here.Verdict is Verdict.Passed or Verdict.Inconclusive && here.Path != there.Path)
            {
                yield return $"{file}:{here.Line}: named '{here.Path}' here, '{there.Path}' in Pester {version}";
            }
        }
    }
}
