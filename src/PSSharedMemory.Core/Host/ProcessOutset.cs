using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>What a process is like when somebody begins to watch it: its threads, and its working folder.</summary>
internal static class ProcessOutset
{
    /// <summary>The ids of a process' threads; none where it has ended or may not be looked into.</summary>
    public static IReadOnlyList<int> ThreadIds(int processId)
    {
        using var reader = new ProcReader();
        List<int> ids = [];
        return reader.Enter(processId) >= 0 && reader.ListThreads(ids) >= 0 ? ids : [];
    }

    /// <summary>Its working folder; null where that is not known.</summary>
    public static string? WorkingFolder(int processId)
    {
        using var reader = new ProcReader();
        return reader.Enter(processId) >= 0 && reader.ReadLink(0, "cwd\0"u8) >= 0
            ? ProcText.ToText(reader.Text)
            : null;
    }
}
