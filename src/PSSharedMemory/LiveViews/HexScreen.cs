using System;
using System.Collections.Generic;

namespace PSSharedMemory.Commands;

/// <summary>The bytes of one segment in place of the table, from an offset that the keys move.</summary>
/// <param name="stat">The segment.</param>
/// <param name="readBytes">Reads bytes of a segment: where, and how many.</param>
internal sealed class HexScreen(ShmStat stat, Func<ShmSegment, long, int, byte[]> readBytes)
{
    private const int BytesPerLine = 16;

    private long _offset;

    /// <summary>Takes a key, as <see cref="StatScreen.Press"/> does; false where it leads back to the table.</summary>
    public bool Press(string key, int pageRows)
    {
        var page = (long)pageRows * BytesPerLine;
        var last = Math.Max(0, (stat.Size - 1) / BytesPerLine * BytesPerLine);
        var offset = key switch
        {
            "down" or "j" => _offset + BytesPerLine,
            "up" or "k" => _offset - BytesPerLine,
            "pagedown" or " " => _offset + page,
            "pageup" => _offset - page,
            "home" => 0,
            "end" => last - page + BytesPerLine,
            _ => _offset,
        };
        _offset = Math.Clamp(offset, 0, last);
        return key is not ("q" or "escape" or "h");
    }

    /// <summary>The lines of the window.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Lines.</param>
    /// <param name="style">Puts a line into a colour, where there are any.</param>
    public List<string> Draw(int width, int height, Func<string, string, string> style)
    {
        List<string> lines =
            [style("\e[7m", TextCells.Fit($"{stat.Label}, {ShmDisplay.Size(stat.Size)}", width))];
        try
        {
            AddBytes(lines, width, height - 2);
        }
        catch (ShmException error)
        {
            lines.Add(TextCells.Head(PrintableText.Of(error.Message), width));
        }

        while (lines.Count < height - 1)
        {
            lines.Add("");
        }

        lines.Add(TextCells.Head("q back  up, down, page up, page down, home, end", width));
        return lines;
    }

    private void AddBytes(List<string> lines, int width, int count)
    {
        var wanted = (int)Math.Min(stat.Size - _offset, (long)count * BytesPerLine);
        var bytes = wanted > 0 ? readBytes(stat, _offset, wanted) : [];
        for (var i = 0; i < bytes.Length; i += BytesPerLine)
        {
            var line = new ShmHexLine
            {
                Offset = _offset + i,
                Bytes = bytes[i..Math.Min(i + BytesPerLine, bytes.Length)],
                Width = BytesPerLine,
            };
            lines.Add(TextCells.Head(ShmDisplay.HexLine(line, null, null, null), width));
        }
    }
}
