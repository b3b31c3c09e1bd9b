using System;
using System.Globalization;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>
/// Breaks text at blanks: a table breaks within words, which makes a command that cannot be pasted. It breaks within
/// what a reader takes for one character, too; a long word in which that could happen is broken here.
/// </summary>
internal static class WordWrap
{
    /// <summary>The text in lines of at most this many columns; any other longer word keeps a line to itself.</summary>
    public static string Of(string text, int width)
    {
        var wrapped = new StringBuilder(text.Length + 8);
        foreach (var line in text.Split('\n'))
        {
            var column = 0;
            wrapped.Append(wrapped.Length > 0 ? "\n" : "");
            foreach (var word in line.Split(' '))
            {
                var cells = TextCells.WidthInTable(word);
                if (column > 0 && column + 1 + cells > width)
                {
                    wrapped.Append('\n');
                    column = 0;
                }
                else if (column > 0)
                {
                    wrapped.Append(' ');
                    column++;
                }

                if (cells > width && HasComposed(word))
                {
                    column = AppendBroken(wrapped, word, width);
                }
                else
                {
                    wrapped.Append(word);
                    column += cells;
                }
            }
        }

        return wrapped.ToString();
    }

    /// <summary>
    /// Text in lines of whole words, for one of the columns of a table that share what the others leave.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="terminal">
    /// Columns of the terminal; with fewer than <see cref="HostScreen.Least"/> the table breaks the text.
    /// </param>
    /// <param name="taken">Columns that the others take, with the blanks between all and one at the edge.</param>
    /// <param name="parts">How many columns share the rest.</param>
    public static string InColumn(string text, int terminal, int taken, int parts)
    {
        const int Least = 8;
        return terminal < HostScreen.Least ? text : Of(text, Math.Max((terminal - taken) / parts, Least));
    }

    private static bool HasComposed(ReadOnlySpan<char> word)
    {
        while (!word.IsEmpty)
        {
            var length = StringInfo.GetNextTextElementLength(word);
            if (length > 1)
            {
                return true;
            }

            word = word[length..];
        }

        return false;
    }

    // Begins a line; returns the column after the last one.
    private static int AppendBroken(StringBuilder wrapped, ReadOnlySpan<char> word, int width)
    {
        var column = 0;
        while (!word.IsEmpty)
        {
            var one = word[..StringInfo.GetNextTextElementLength(word)];
            var cells = TextCells.WidthInTable(one);
            if (column > 0 && column + cells > width)
            {
                wrapped.Append('\n');
                column = 0;
            }

            wrapped.Append(one);
            column += cells;
            word = word[one.Length..];
        }

        return column;
    }
}
