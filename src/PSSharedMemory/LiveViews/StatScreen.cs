using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>
/// What Watch-ShmStat shows, and what its keys change: knows no terminal, only columns and lines. Every line that it
/// gives has the width of the window at most and no control character but colours.
/// </summary>
internal sealed class StatScreen(ShmStatSort sort, bool hasColours)
{
    private const int LeastWidth = 40;

    private IReadOnlyList<ShmStatSample> _samples = [];
    private ShmStatSort _sort = sort;
    private bool _orphansOnly;
    private string _filter = "";
    private string? _typing;
    private string _message = "";
    private int _top;
    private ShmStat? _selected;
    private HexScreen? _hex;
    private int _pageRows = 10;

    /// <summary>Reads bytes of a segment for the hex view; set by who has the right to.</summary>
    public Func<ShmSegment, long, int, byte[]> ReadBytes { get; init; } = static (_, _, _) => [];

    /// <summary>Whether the user wants to leave.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Whether the user wants to see what is there now.</summary>
    public bool WantsSample { get; set; }

    /// <summary>Takes a new sample, or why there is none.</summary>
    public void Update(IReadOnlyList<ShmStatSample> samples)
    {
        _samples = samples;
        _message = "";
    }

    /// <summary>Shows a message in the last line until the next sample.</summary>
    public void Tell(string message) => _message = PrintableText.Of(message);

    /// <summary>
    /// Takes a key: a character, or "up", "down", "pageup", "pagedown", "home", "end", "escape", "enter", "delete".
    /// </summary>
    public void Press(string key)
    {
        if (_typing is not null)
        {
            Type(key);
        }
        else if (_hex is { } hex)
        {
            _hex = hex.Press(key, _pageRows) ? hex : null;
        }
        else
        {
            PressInTable(key);
        }
    }

    /// <summary>The lines of the window.</summary>
    public IReadOnlyList<string> Draw(int width, int height, double intervalSec)
    {
        width = Math.Max(width, LeastWidth);
        height = Math.Max(height, 4);
        _pageRows = height - 3;
        return _hex?.Draw(width, height, Style) ?? DrawTable(width, height, intervalSec);
    }

    private void Type(string key)
    {
        switch (key)
        {
            case "enter":
                _filter = _typing!;
                _typing = null;
                break;
            case "escape":
                _typing = null;
                break;
            case "delete":
                _typing = _typing!.Length > 0 ? _typing[..^1] : "";
                break;
            default:
                _typing += key.Length == 1 ? key : "";
                break;
        }
    }

    private void PressInTable(string key)
    {
        switch (key)
        {
            case "q" or "escape":
                IsDone = true;
                break;
            case "s":
                _sort = (ShmStatSort)(((int)_sort + 1) % Enum.GetValues<ShmStatSort>().Length);
                break;
            case "o":
                _orphansOnly = !_orphansOnly;
                break;
            case "/":
                _typing = _filter;
                break;
            case " ":
                WantsSample = true;
                break;
            case "h" or "enter" when Selected(Rows()) is { } row:
                _hex = new HexScreen(row.Stat, ReadBytes);
                break;
            default:
                Move(key);
                break;
        }
    }

    private void Move(string key)
    {
        var rows = Rows();
        var now = IndexOfSelected(rows);
        var next = key switch
        {
            "down" or "j" => now + 1,
            "up" or "k" => now - 1,
            "pagedown" => now + _pageRows,
            "pageup" => now - _pageRows,
            "home" => 0,
            "end" => rows.Count - 1,
            _ => now,
        };
        _selected = rows.Count == 0 ? null : rows[Math.Clamp(next, 0, rows.Count - 1)].Stat;
    }

    private List<ShmStatSample> Rows()
    {
        var rows = _samples.Where(row => (!_orphansOnly || row.IsOrphan == true)
            && (_filter.Length == 0 || Contains(row.Label) || Contains(row.Holders) || Contains($"{row.Origin}")));
        return [.. (_sort switch
        {
            ShmStatSort.Growth => rows.OrderByDescending(static row => row.Growth ?? long.MinValue),
            ShmStatSort.Size => rows.OrderByDescending(static row => row.Size),
            ShmStatSort.Age => rows.OrderByDescending(static row => row.Age ?? TimeSpan.MinValue),
            ShmStatSort.Holders => rows.OrderByDescending(static row => row.HolderCount ?? int.MaxValue),
            ShmStatSort.Label => rows.OrderBy(static row => row.Label, StringComparer.Ordinal),
            _ => rows.OrderByDescending(static row => row.Allocated ?? -1),
        }).ThenBy(static row => row.Label, StringComparer.Ordinal)];

        bool Contains(string text) => text.Contains(_filter, StringComparison.OrdinalIgnoreCase);
    }

    private int IndexOfSelected(List<ShmStatSample> rows) =>
        _selected is null ? 0 : Math.Max(0, rows.FindIndex(row => row.Stat.IsSame(_selected)));

    private ShmStatSample? Selected(List<ShmStatSample> rows) => rows.Count == 0 ? null : rows[IndexOfSelected(rows)];

    private List<string> DrawTable(int width, int height, double intervalSec)
    {
        var rows = Rows();
        var columns = StatColumns.For(width);
        var at = IndexOfSelected(rows);
        _top = Math.Clamp(_top, Math.Max(0, at - _pageRows + 1), at);
        List<string> lines = [Title(width, intervalSec), Style("\e[7m", TextCells.Head(columns.Header(_sort), width))];
        for (var i = _top; i < rows.Count && lines.Count < height - 1; i++)
        {
            lines.Add(Row(columns, rows[i], i == at, width));
        }

        if (rows.Count == 0)
        {
            lines.Add(TextCells.Fit(Empty(), width));
        }

        while (lines.Count < height - 1)
        {
            lines.Add("");
        }

        lines.Add(Footer(width));
        return lines;
    }

    private string Empty() => _samples.Count == 0 ? "No shared memory yet."
        : _orphansOnly ? "No orphans." : "Nothing matches the filter.";

    private string Title(int width, double intervalSec)
    {
        var used = (long)Math.Min(_samples.Sum(static row => (double)(row.Allocated ?? 0)), long.MaxValue / 2);
        var orphans = _samples.Count(static row => row.IsOrphan == true);
        var time = _samples.Count > 0 ? _samples[0].Time.ToLocalTime() : DateTime.Now;
        var left = $"{Words.Count(_samples.Count, "segment")}, {ShmDisplay.Size(used)} used, "
            + Words.Count(orphans, "orphan");
        var right = string.Create(CultureInfo.InvariantCulture, $"{time:HH:mm:ss} every {intervalSec:0.##} s");
        return TextCells.Fit(left, width - right.Length - 1) + " " + right;
    }

    private string Footer(int width)
    {
        if (_typing is not null)
        {
            return TextCells.Head($"Filter: {PrintableText.Of(_typing)}_   Enter applies it, Esc cancels", width);
        }

        var state = $"by {_sort.ToString().ToLowerInvariant()}"
            + (_orphansOnly ? ", orphans" : "")
            + (_filter.Length > 0 ? $", '{PrintableText.Of(_filter)}'" : "");
        var text = _message.Length > 0 ? _message : $"q quit  s sort  / filter  o orphans  h hex  ({state})";
        return TextCells.Head(text, width);
    }

    private string Row(StatColumns columns, ShmStatSample row, bool isSelected, int width)
    {
        var cells = columns.Cells(row);
        var plain = string.Join(' ', cells);
        if (!hasColours || TextCells.Width(plain) > width)
        {
            return TextCells.Head((isSelected ? ">" : " ") + plain[1..], width);
        }

        // On its own ground, one colour can be read; red could not.
        if (isSelected)
        {
            return Style("\e[46;30m", TextCells.Fit(plain, width));
        }

        var text = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            text.Append(i > 0 ? " " : "");
            var colour = i == StatColumns.VerdictIndex ? Colour(row) : null;
            text.Append(colour is null ? cells[i] : $"{colour}{cells[i]}\e[39m");
        }

        return text.Append("\e[0m").ToString();
    }

    private static string? Colour(ShmStatSample row) => row.IsOrphan == true ? "\e[91m" : row.Verdict switch
    {
        ShmVerdict.InUse => "\e[32m",
        ShmVerdict.Unattached or ShmVerdict.RemovalPending => "\e[33m",
        _ => null,
    };

    private string Style(string begin, string text) => hasColours ? $"{begin}{text}\e[0m" : text;
}
