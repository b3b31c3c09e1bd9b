using System;
using System.Collections.Generic;
using System.Text;
using System.Text.RegularExpressions;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Draws the line that is edited, and what stands below it.</summary>
/// <remarks>
/// Moves are relative to the row that the prompt stands on, so that a screen that scrolls needs no question
/// to the terminal; rows are broken here and not by the terminal, so that the cursor's place is known.
/// </remarks>
internal sealed partial class LineDisplay(string prompt)
{
    private const string ContinuationPrompt = ">> ";

    private readonly int _promptWidth = CellWidth.Of(EscapeSequence().Replace(prompt, string.Empty));
    private int _cursorRow;

    public void Draw(string text, int cursor, IReadOnlyList<string> below)
    {
        var width = Terminal.Width;
        var output = new StringBuilder("\r");
        if (_cursorRow > 0)
        {
            output.Append($"\e[{_cursorRow}A");
        }

        output.Append("\e[J").Append(prompt);

        int row = _promptWidth / width, column = _promptWidth % width, index = 0;
        var cursorColumn = column;
        _cursorRow = row;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == '\n')
            {
                output.Append("\r\n").Append(ContinuationPrompt);
                (row, column) = (row + 1, ContinuationPrompt.Length);
            }
            else
            {
                // What moves the cursor by itself is shown as a blank.
                var shown = Rune.IsControl(rune) ? " " : rune.ToString();
                var cells = CellWidth.Of(shown);
                if (column + cells > width)
                {
                    output.Append("\r\n");
                    (row, column) = (row + 1, 0);
                }

                output.Append(shown);
                column += cells;
            }

            index += rune.Utf16SequenceLength;
            if (index == cursor)
            {
                (_cursorRow, cursorColumn) = (row, column);
            }
        }

        if (column == width)
        {
            // The terminal waits with the wrap until the next character; the cursor would stand on the last one.
            output.Append("\r\n");
            row++;
        }

        if (cursorColumn == width)
        {
            (_cursorRow, cursorColumn) = (_cursorRow + 1, 0);
        }

        foreach (var line in below)
        {
            output.Append("\r\n").Append(line);
            row++;
        }

        output.Append('\r');
        if (row > _cursorRow)
        {
            output.Append($"\e[{row - _cursorRow}A");
        }

        if (cursorColumn > 0)
        {
            output.Append($"\e[{cursorColumn}C");
        }

        Console.Out.Write(output.ToString());
    }

    /// <summary>Leaves the text as it stands and goes to the line below it.</summary>
    public void Leave(string text)
    {
        Draw(text, text.Length, []);
        Console.Out.Write("\r\n");
        _cursorRow = 0;
    }

    public void ClearScreen()
    {
        Console.Out.Write("\e[H\e[2J");
        _cursorRow = 0;
    }

    [GeneratedRegex(@"\e\[[0-9;?]*[ -/]*[@-~]|\e\][^\a\e]*(\a|\e\\)")]
    private static partial Regex EscapeSequence();
}
