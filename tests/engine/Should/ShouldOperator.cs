using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.EngineTests.Should;

/// <summary>
/// What an assertion is given: one object of the pipeline, or all of them for an operator that takes collections; the
/// operator's own parameters; whether -Not stands there; and the cmdlet, for its session.
/// </summary>
internal sealed record Assertion(object? Actual, IDictionary<string, object?> Bound, bool Negate, PSCmdlet Caller)
{
    public object? Expected => Bound.TryGetValue("ExpectedValue", out var value) ? value : null;
}

/// <summary>Whether it holds, what it expected in words, and what it writes to the pipeline.</summary>
internal sealed record Finding(bool Holds, string Message, object? Output = null);

internal delegate Finding Judge(Assertion assertion);

/// <summary>
/// An operator of Should: the switch that names it; its other parameters in the order of their positions, before
/// -Because; and whether it judges all of the pipeline at once.
/// </summary>
internal sealed record ShouldOperator(
    string Name, IReadOnlyList<string> Parameters, bool TakesCollection, Judge Judge)
{
    /// <summary>Those of its parameters that are switches.</summary>
    public IReadOnlyList<string> Switches { get; init; } = [];
}
