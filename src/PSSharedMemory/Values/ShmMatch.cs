namespace PSSharedMemory.Commands;

/// <summary>A place where Search-ShmData found what it was to find.</summary>
public sealed class ShmMatch : ShmDataRange
{
    internal ShmMatch()
    {
    }

    internal ShmMatch(ShmMapping mapping, bool isMounted)
        : base(mapping, isMounted)
    {
    }

    /// <summary>Where the bytes of <see cref="Context"/> begin, counted as <see cref="ShmDataRange.Offset"/>.</summary>
    public long ContextOffset { get; internal init; }

    /// <summary>The bytes before it, its own, and those behind it.</summary>
    public byte[] Context { get; internal init; } = [];

    /// <summary>The context as "de ad be ef".</summary>
    public string Hex => HexText.Hex(Context);

    /// <summary>The context as ASCII, with a dot for what cannot be shown.</summary>
    public string Text => HexText.Ascii(Context);

    /// <inheritdoc/>
    public override string ToString() => $"{Words.Count(Length, "byte")} at {ShmDisplay.Offset(Offset)} of {Segment}";
}
