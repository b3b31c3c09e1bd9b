using System;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Up and Down through the entries that begin with what was typed.</summary>
internal sealed class HistoryWalk(History history, string typed)
{
    private int _index = history.Entries.Count;

    /// <summary>The next entry up or down; what was typed below the last one; null above the first one.</summary>
    public string? Go(bool up)
    {
        for (var i = _index + (up ? -1 : 1); i >= 0 && i < history.Entries.Count; i += up ? -1 : 1)
        {
            if (!history.Entries[i].StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            _index = i;
            return history.Entries[i];
        }

        if (up)
        {
            return null;
        }

        _index = history.Entries.Count;
        return typed;
    }
}
