using System.Globalization;
using System.Text;

namespace PSSharedMemory;

/// <summary>
/// Text for one line of a terminal. Names of objects, processes and labels are chosen by anybody: one with an
/// escape sequence or a change of direction in it must not act on the reader's terminal.
/// </summary>
public static class PrintableText
{
    /// <summary>
    /// The text with control characters and bytes that aren't UTF-8 as \xNN, and invisible ones as \uNNNN, or
    /// \UNNNNNNNN beyond 16 bits.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="keepsLines">Whether line feeds and tabs stay: for messages, which may have several lines.</param>
    public static string Of(string text, bool keepsLines = false)
    {
        var first = 0;
        while (first < text.Length && IsShown(text, first, keepsLines, out var length))
        {
            first += length;
        }

        if (first >= text.Length)
        {
            return text;
        }

        var shown = new StringBuilder(text, 0, first, text.Length + 16);
        for (var i = first; i < text.Length;)
        {
            if (IsShown(text, i, keepsLines, out var length))
            {
                shown.Append(text, i, length);
            }
            else if (char.IsControl(text[i]) || text[i] is >= '\uDC80' and <= '\uDCFF')
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\x{text[i] & 0xFF:x2}");
            }
            else if (length == 2)
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\U{char.ConvertToUtf32(text, i):x8}");
            }
            else
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
            }

            i += length;
        }

        return shown.ToString();
    }

    private static bool IsShown(string text, int index, bool keepsLines, out int length)
    {
        length = char.IsSurrogatePair(text, index) ? 2 : 1;
        return (keepsLines && text[index] is '\n' or '\t') || CharUnicodeInfo.GetUnicodeCategory(text, index)
            is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
    }
}
