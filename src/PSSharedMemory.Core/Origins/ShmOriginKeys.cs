using System;

namespace PSSharedMemory;

/// <summary>System V keys of an origin: one, or all from the first to the last.</summary>
/// <param name="First">The lowest, read as unsigned.</param>
/// <param name="Last">The highest, read as unsigned.</param>
public sealed record ShmOriginKeys(uint First, uint Last)
{
    /// <summary>Whether a key is among them. 0, which is every private segment's, never is.</summary>
    public bool Contains(int key) =>
        key != 0 && unchecked((uint)key) is var number && number >= First && number <= Last;

    /// <summary>"0x4e545030" or "0x4e545030-0x4e54504f".</summary>
    /// <returns>Whether the text has that form.</returns>
    public static bool TryParse(string text, out ShmOriginKeys? keys)
    {
        // A first one is the sign of a number.
        var dash = text.Length > 0 ? text.IndexOf('-', 1) : -1;
        var isFirst = TryParseOne(dash < 0 ? text : text[..dash], out var first);
        var isLast = TryParseOne(dash < 0 ? text : text[(dash + 1)..], out var last);
        keys = isFirst && isLast && first <= last && last != 0 ? new ShmOriginKeys(first, last) : null;
        return keys is not null;
    }

    /// <summary>As it is written.</summary>
    public override string ToString() => First == Last
        ? FormattableString.Invariant($"0x{First:x8}")
        : FormattableString.Invariant($"0x{First:x8}-0x{Last:x8}");

    private static bool TryParseOne(string text, out uint number)
    {
        var isKey = SysVKey.TryParse(text, out var key);
        number = unchecked((uint)key);
        return isKey;
    }
}
