using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>A test when its file is done: text only, so that nothing the test made is held any longer.</summary>
internal sealed record CaseOutcome(string Path, int Line, IReadOnlyList<string> Tags, Verdict Verdict, string Message);

/// <summary>A file when it is done.</summary>
/// <param name="Refusals">What keeps it from being run; then there are no cases.</param>
/// <param name="Cases">Its tests in the order of the file.</param>
/// <param name="BlockErrors">What went wrong outside of the tests, in BeforeAll and AfterAll.</param>
internal sealed record FileOutcome(
    IReadOnlyList<RefusalException> Refusals, IReadOnlyList<CaseOutcome> Cases, IReadOnlyList<string> BlockErrors)
{
    public static FileOutcome Refused(IReadOnlyList<RefusalException> refusals) => new(refusals, [], []);

    public static FileOutcome Of(TestBlock root) => new(
        [],
        [.. root.Tests().Select(t => new CaseOutcome(t.ExpandedPath, t.Line, AllTags(t), t.Verdict, t.Message))],
        [.. root.Blocks().SelectMany(b => b.Errors.Select(e => $"'{b.ExpandedPath}': {ErrorText.Of(e)}"))]);

    private static List<string> AllTags(TestCase test)
    {
        List<string> tags = [.. test.Tags];
        for (var block = test.Parent; block is not null; block = block.Parent)
        {
            tags.AddRange(block.Tags);
        }

        return tags;
    }
}
