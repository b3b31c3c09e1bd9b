namespace PSSharedMemory.Commands;

/// <summary>A run of bytes in which two ranges differ.</summary>
public sealed class ShmDifference : ShmDataRange
{
    internal ShmDifference()
    {
    }

    internal ShmDifference(ShmMapping mapping, bool isMounted)
        : base(mapping, isMounted)
    {
    }

    /// <summary>Where the run begins on the other side.</summary>
    public long DifferenceOffset { get; internal init; }

    /// <summary>
    /// The first bytes of the run, 16 at most; none where this side is the shorter one and has ended.
    /// </summary>
    public byte[] Bytes { get; internal init; } = [];

    /// <summary>The first bytes of the run on the other side, 16 at most; none where that side has ended.</summary>
    public byte[] DifferenceBytes { get; internal init; } = [];

    /// <summary>The bytes as "de ad be ef".</summary>
    public string Hex => HexText.Hex(Bytes);

    /// <summary>The other side's bytes as "de ad be ef".</summary>
    public string DifferenceHex => HexText.Hex(DifferenceBytes);

    /// <inheritdoc/>
    public override string ToString() => $"{Words.Count(Length, "byte")} at {ShmDisplay.Offset(Offset)} of {Segment}";
}
