using System.Globalization;
using System.IO;

namespace PSSharedMemory;

/// <summary>Whether threads of this process still run (proc_pid_task(5), proc_pid_stat(5)).</summary>
internal static class ThreadLife
{
    // The kernel's mark of a task that is ending: it runs no code of its own any more.
    private const long PF_EXITING = 4;

    /// <summary>Whether there is such a thread, be it one that is ending.</summary>
    public static bool Exists(int threadId) => Directory.Exists(PathOf(threadId));

    /// <summary>Whether it may still run code.</summary>
    public static bool Runs(int threadId)
    {
        try
        {
            // The name, in parentheses, may have anything in it; then state, five numbers, and the flags.
            const int Flags = 6;
            var line = File.ReadAllText($"{PathOf(threadId)}/stat");
            var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[Flags], CultureInfo.InvariantCulture) & PF_EXITING) == 0;
        }
        catch (IOException)
        {
            // It ended meanwhile, or this process has no descriptor left to look.
            return Exists(threadId);
        }
    }

    private static string PathOf(int threadId) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{threadId}");
}
