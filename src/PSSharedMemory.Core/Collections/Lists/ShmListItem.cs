using System;

namespace PSSharedMemory;

/// <summary>An item of a list in a segment.</summary>
/// <param name="Offset">Where its node begins: bytes from the start of the segment.</param>
/// <param name="Value">What it holds.</param>
public sealed record ShmListItem(long Offset, int Value)
{
    /// <summary>"42 at 32".</summary>
    public override string ToString() => FormattableString.Invariant($"{Value} at {Offset}");
}
