using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Linq;
using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.ConsoleHost;

/// <summary>The candidates of one completion: Tab goes round them, and they stand below the line.</summary>
internal sealed class CompletionMenu
{
    private const int MostRows = 6;
    private const int MostCellsOfOne = 40;

    private readonly Collection<CompletionResult> _matches;
    private readonly string _before;
    private readonly int _cursorBefore;
    private readonly int _start;
    private int _length;
    private int _selected = -1;

    public CompletionMenu(CommandCompletion completion, LineBuffer buffer)
    {
        _matches = completion.CompletionMatches;
        _start = completion.ReplacementIndex;
        _length = completion.ReplacementLength;
        (_before, _cursorBefore) = (buffer.Text, buffer.Cursor);
    }

    public int Count => _matches.Count;

    public void Move(int step, LineBuffer buffer)
    {
        _selected = _selected < 0 && step < 0 ? Count - 1 : (_selected + step + Count) % Count;
        var text = _matches[_selected].CompletionText;
        buffer.Replace(_start, _length, text);
        _length = text.Length;
    }

    public void Undo(LineBuffer buffer) => buffer.Set(_before, _cursorBefore);

    /// <summary>Rows of candidates around the selected one, and its tooltip where that says more.</summary>
    public List<string> Lines()
    {
        var cell = Math.Min(MostCellsOfOne, _matches.Max(m => CellWidth.Of(m.ListItemText))) + 2;
        var columns = Math.Max(1, (Terminal.Width - 1) / cell);
        var rows = (Count + columns - 1) / columns;
        var first = Math.Clamp((_selected / columns) - (MostRows / 2), 0, Math.Max(0, rows - MostRows));

        var lines = new List<string>();
        for (var row = first; row < Math.Min(rows, first + MostRows); row++)
        {
            var line = new StringBuilder();
            for (var i = row * columns; i < Math.Min(Count, (row + 1) * columns); i++)
            {
                var text = CellWidth.Truncate(OneLine(_matches[i].ListItemText), Math.Min(cell, Terminal.Width) - 2);
                line.Append(i == _selected ? $"\e[7m{text}\e[0m" : text).Append(' ', cell - CellWidth.Of(text));
            }

            lines.Add(line.ToString().TrimEnd());
        }

        if (rows > MostRows)
        {
            lines.Add($"({_selected + 1} of {Count})");
        }

        var selected = _matches[_selected];
        if (selected.ToolTip != selected.ListItemText && selected.ToolTip != selected.CompletionText)
        {
            lines.Add($"\e[2m{CellWidth.Truncate(OneLine(selected.ToolTip), Terminal.Width - 1)}\e[0m");
        }

        return lines;
    }

    private static string OneLine(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
