using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace PSSharedMemory;

/// <summary>What a process is like when somebody begins to watch it: its threads, and its working folder.</summary>
internal static class ProcessOutset
{
    /// <summary>The ids of a process' threads; none where it has ended or may not be looked into.</summary>
    public static IReadOnlyList<int> ThreadIds(int process)
    {
        List<int> ids = [];
        try
        {
            foreach (var path in Directory.EnumerateDirectories(Place(process, "task")))
            {
                ids.Add(int.Parse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's: it is traced without them.
        }

        return ids;
    }

    /// <summary>Its working folder; null where that is not known.</summary>
    public static string? WorkingFolder(int process)
    {
        try
        {
            return new FileInfo(Place(process, "cwd")).LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Place(int process, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{name}");
}
