using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Whether processes are there (kill(2)): known without /proc, and of processes that hidepid hides.</summary>
internal static class ProcessLife
{
    /// <summary>Whether /proc shows it to this user: it does not where it is mounted with hidepid, or not at all.</summary>
    public static bool IsVisible(int processId) => Directory.Exists($"/proc/{processId}");

    /// <summary>Whether a process, or a thread of one, has the id in this process namespace.</summary>
    public static bool Exists(int processId) => processId > 0 && Libc.kill(processId, 0) != -(int)Errno.ESRCH;
}
