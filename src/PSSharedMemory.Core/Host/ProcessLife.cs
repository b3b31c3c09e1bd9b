using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Whether processes are there (kill(2)): known without /proc, and of processes that hidepid hides.</summary>
internal static class ProcessLife
{
    /// <summary>Whether a process, or a thread of one, has the id in this process namespace.</summary>
    public static bool Exists(int processId) => processId > 0 && Libc.kill(processId, 0) != -(int)Errno.ESRCH;
}
