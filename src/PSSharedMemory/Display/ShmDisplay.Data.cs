using System;
using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.Commands;

/// <content>Lines of bytes.</content>
public static partial class ShmDisplay
{
    /// <summary>A line as the view shows it: with colours only on a terminal, never in a file or a pipe.</summary>
    /// <param name="line">The line.</param>
    /// <param name="style">$PSStyle.</param>
    public static string HexLine(ShmHexLine line, object? style)
    {
        if (line.Different.Length == 0 || Colours(style) is not { } foreground)
        {
            return HexLine(line, null, null, null);
        }

        var colours = foreground.Properties;
        return HexLine(
            line,
            colours["BrightRed"].Value as string,
            colours["BrightGreen"].Value as string,
            PSObject.AsPSObject(style).Properties["Reset"].Value as string);
    }

    /// <summary>
    /// "00000010: de ad be ef … ....", as xxd -g 1 writes it; with its side before it where two are shown.
    /// </summary>
    /// <param name="line">The line.</param>
    /// <param name="first">Begins the colour of bytes that differ, on the first side; null or empty for none.</param>
    /// <param name="second">The same on the second side.</param>
    /// <param name="reset">Ends a colour.</param>
    public static string HexLine(ShmHexLine line, string? first, string? second, string? reset)
    {
        var colour = line.Side switch { "<" => first, ">" => second, _ => null };
        var text = new StringBuilder();
        text.Append(line.Side switch { "" => "", "=" => "  ", _ => line.Side + " " });
        text.Append(CultureInfo.InvariantCulture, $"{line.Offset:x8}: ");
        var different = 0;
        var hex = line.Hex;
        var ascii = line.Text;
        var shown = new StringBuilder();
        for (var i = 0; i < line.Bytes.Length; i++)
        {
            var isDifferent = different < line.Different.Length && line.Different[different] == i;
            different += isDifferent ? 1 : 0;
            var begin = isDifferent && !string.IsNullOrEmpty(colour) ? colour : "";
            var end = begin.Length > 0 ? reset : "";
            text.Append(begin).Append(hex, i * 3, 2).Append(end).Append(' ');
            shown.Append(begin).Append(ascii[i]).Append(end);
        }

        return text.Append(' ', (Math.Max(line.Width - line.Bytes.Length, 0) * 3) + 1).Append(shown).ToString();
    }

    /// <summary>"de ad be ef": what was found, without its context.</summary>
    public static string Found(ShmMatch match) =>
        HexText.Hex(match.Context.AsSpan((int)(match.Offset - match.ContextOffset), (int)match.Length).ToArray());
}
