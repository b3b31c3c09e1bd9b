using System;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Ctrl+R: the latest entry that contains what is typed; Ctrl+R again goes further back.</summary>
internal static class HistorySearch
{
    /// <summary>
    /// True where Enter took the entry to run it; else it stays to be edited, or Escape put back what was.
    /// </summary>
    public static bool Run(History history, LineBuffer buffer, LineDisplay display)
    {
        (var before, var cursorBefore) = (buffer.Text, buffer.Cursor);
        var sought = string.Empty;
        var index = history.Entries.Count;
        var found = true;
        while (true)
        {
            display.Draw(buffer.Text, buffer.Cursor, [$"{(found ? "search" : "not found")}: {sought}_"]);
            var key = Keys.Read();
            if (key.Key == ConsoleKey.Escape)
            {
                buffer.Set(before, cursorBefore);
                return false;
            }

            if (key.Key == ConsoleKey.Enter)
            {
                return true;
            }

            if (key.Key == ConsoleKey.R && key.Modifiers == ConsoleModifiers.Control)
            {
                found = Seek(index - 1);
            }
            else if (key.Key == ConsoleKey.Backspace)
            {
                sought = sought.Length > 0 ? sought[..^1] : sought;
                found = Seek(history.Entries.Count - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                sought += key.KeyChar;
                found = Seek(Math.Min(index, history.Entries.Count - 1));
            }
            else
            {
                return false;
            }
        }

        bool Seek(int from)
        {
            for (var i = from; i >= 0; i--)
            {
                var at = history.Entries[i].IndexOf(sought, StringComparison.OrdinalIgnoreCase);
                if (at < 0)
                {
                    continue;
                }

                index = i;
                buffer.Set(history.Entries[i], at);
                return true;
            }

            return false;
        }
    }
}
