using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>One It with one row of its data.</summary>
public sealed class TestCase : TestNode
{
    private const string SkippedId = "PesterTestSkipped";
    private const string InconclusiveId = "PesterTestInconclusive";

    public override bool IsTest => true;

    public required ScriptBlock Body { get; init; }

    /// <summary>Set by the walk when the body and its AfterEach have ended, whatever their end was.</summary>
    public bool HasRun { get; set; }

    /// <summary>Outermost first.</summary>
    public IReadOnlyList<ScriptBlock> BeforeEach => [.. Around(b => b.BeforeEach).Reverse()];

    /// <summary>Innermost first.</summary>
    public IReadOnlyList<ScriptBlock> AfterEach => [.. Around(b => b.AfterEach)];

    public Verdict Verdict => (Skip, HasRun, Errors) switch
    {
        (true, _, _) => Verdict.Skipped,
        (_, false, _) => Verdict.Failed,
        (_, _, { Count: 0 }) => Verdict.Passed,
        // Set-ItResult ends a test by an error of its own; with a second error the test has failed.
        (_, _, { Count: 1 }) when Ends(SkippedId) => Verdict.Skipped,
        (_, _, { Count: 1 }) when Ends(InconclusiveId) => Verdict.Inconclusive,
        _ => Verdict.Failed,
    };

    /// <summary>Why the test was skipped or has failed; empty where it passed.</summary>
    public string Message => Verdict switch
    {
        Verdict.Passed => "",
        Verdict.Skipped when Skip => SkipReason ?? "-Skip",
        Verdict.Skipped or Verdict.Inconclusive => Errors[0].Exception.Message,
        _ when Errors.Count > 0 => string.Join("\n\n", Errors.Select(ErrorText.Of)),
        _ => BlockFailure() ?? "The test did not come to its end.",
    };

    private bool Ends(string id) =>
        Errors[0].FullyQualifiedErrorId.Split(',')[0].Equals(id, StringComparison.Ordinal);

    private string? BlockFailure()
    {
        for (var block = Parent; block is not null; block = block.Parent)
        {
            if (block.Errors.Count > 0)
            {
                return $"Not run, for '{block.ExpandedPath}' failed:\n{ErrorText.Of(block.Errors[0])}";
            }
        }

        return null;
    }

    private IEnumerable<ScriptBlock> Around(Func<TestBlock, ScriptBlock?> step)
    {
        for (var block = Parent; block is not null; block = block.Parent)
        {
            if (step(block) is { } found)
            {
                yield return found;
            }
        }
    }
}
