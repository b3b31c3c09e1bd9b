namespace PSSharedMemory.Commands;

/// <summary>A line of Format-ShmHex: plain data; its view alone has colours.</summary>
public sealed class ShmHexLine
{
    private const int FullWidth = 16;

    /// <summary>What it is of: "/name", "id 5".</summary>
    public string Source { get; internal init; } = "";

    /// <summary>
    /// All that is shown with it: the same as <see cref="Source"/>, or with a second range "&lt; /name, &gt; /other".
    /// </summary>
    public string Ranges { get; internal init; } = "";

    /// <summary>Bytes from the start of the mapping, or of the segment where that was named.</summary>
    public long Offset { get; internal init; }

    /// <summary>The bytes of the line.</summary>
    public byte[] Bytes { get; internal init; } = [];

    /// <summary>The bytes as "de ad be ef".</summary>
    public string Hex => HexText.Hex(Bytes);

    /// <summary>The bytes as ASCII, with a dot for what cannot be shown.</summary>
    public string Text => HexText.Ascii(Bytes);

    /// <summary>
    /// With a second range: "&lt;" for a line of the first that differs, "&gt;" for the second's at the same place,
    /// "=" for one that both have. Else empty.
    /// </summary>
    public string Side { get; internal init; } = "";

    /// <summary>With a second range: the indexes of the bytes that differ.</summary>
    public int[] Different { get; internal init; } = [];

    /// <summary>How many bytes a full line has.</summary>
    internal int Width { get; init; } = FullWidth;

    /// <summary>The line as the view shows it, without colours.</summary>
    public override string ToString() => ShmDisplay.HexLine(this, null);
}
