using System;
using System.Globalization;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>Text by the columns that it takes on a terminal.</summary>
internal static class TextCells
{
    /// <summary>Columns of a text that is harmless already.</summary>
    public static int Width(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width += Width(rune);
        }

        return width;
    }

    /// <summary>
    /// Columns that a table of PowerShell reckons with: it counts UTF-16, and marks that take no column as one.
    /// </summary>
    public static int WidthInTable(ReadOnlySpan<char> text)
    {
        var width = text.Length;
        foreach (var one in text)
        {
            width += IsWide(one) ? 1 : 0;
        }

        return width;
    }

    /// <summary>
    /// The text in so many columns: padded, or with its middle cut, for names often differ at their end.
    /// </summary>
    public static string Fit(string text, int width, bool isRight = false)
    {
        if (width <= 0)
        {
            return "";
        }

        var cells = Width(text);
        if (cells > width)
        {
            var tail = Tail(text, (width - 1) / 2);
            text = Head(text, width - 1 - Width(tail)) + "…" + tail;
            cells = Width(text);
        }

        var blanks = new string(' ', Math.Max(0, width - cells));
        return isRight ? blanks + text : text + blanks;
    }

    /// <summary>The text up to so many columns, without a sign that it was cut.</summary>
    public static string Head(string text, int width)
    {
        var head = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            width -= Width(rune);
            if (width < 0)
            {
                break;
            }

            head.Append(rune);
        }

        return head.ToString();
    }

    /// <summary>The text up to so many columns; one that was cut ends with a sign of it.</summary>
    public static string Begin(string text, int width) =>
        Width(text) <= width ? text : width < 1 ? "" : Head(text, width - 1).TrimEnd() + "…";

    private static string Tail(string text, int width)
    {
        var start = text.Length;
        while (start > 0 && Width(text[(start - 1)..]) <= width)
        {
            start--;
        }

        // Not with the second half of a pair, nor with a mark that belongs to what is cut off.
        while (start < text.Length && (char.IsLowSurrogate(text[start]) || Width(new Rune(Safe(text[start]))) == 0))
        {
            start++;
        }

        return text[start..];
    }

    private static char Safe(char one) => char.IsSurrogate(one) ? 'x' : one;

    private static int Width(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => IsWide(rune.Value) ? 2 : 1,
    };

    // East Asian wide and full-width characters, and pictures.
    private static bool IsWide(int value) => value
        is >= 0x1100 and <= 0x115F or 0x2329 or 0x232A or >= 0x2E80 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3
        or >= 0xF900 and <= 0xFAFF or >= 0xFE10 and <= 0xFE19 or >= 0xFE30 and <= 0xFE6F or >= 0xFF00 and <= 0xFF60
        or >= 0xFFE0 and <= 0xFFE6 or >= 0x1F300 and <= 0x1FAFF or >= 0x20000 and <= 0x3FFFD;
}
