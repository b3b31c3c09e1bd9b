using System;
using System.Globalization;
using System.IO;

namespace PSSharedMemory;

/// <summary>Finds the process of a thread id in this pid namespace's /proc.</summary>
internal static class ThreadOwner
{
    /// <summary>A thread's process and its name; null if it isn't found or /proc hides it.</summary>
    public static (int ProcessId, string Command)? Find(int threadId)
    {
        try
        {
            // /proc/ID works for any thread, although listings show only processes.
            var (name, process) = ("", 0);
            foreach (var line in File.ReadLines(string.Create(
                CultureInfo.InvariantCulture, $"/proc/{threadId}/status")))
            {
                if (line.StartsWith("Name:", StringComparison.Ordinal))
                {
                    name = line[5..].Trim();
                }
                else if (line.StartsWith("Tgid:", StringComparison.Ordinal))
                {
                    process = int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture);
                    break;
                }
            }

            return process == 0 ? null : (process, name);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    /// <summary>"thread 813 of pwsh(812)", or what can be said without finding it.</summary>
    public static string Describe(int threadId) => Find(threadId) is { } owner
        ? threadId == owner.ProcessId
            ? $"process {owner.ProcessId} ({PrintableText.Of(owner.Command)})"
            : $"thread {threadId} of process {owner.ProcessId} ({PrintableText.Of(owner.Command)})"
        : ProcessLife.Exists(threadId) ? $"thread {threadId} of another user"
        : $"thread {threadId}, which isn't found here (it has ended, or runs in another pid namespace),";
}
