using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>A process through which its namespaces can be entered, for as long as it runs.</summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="StartTicks">When it started, in clock ticks since the boot: a later process with its id has
/// another.</param>
/// <param name="ThreadId">The thread to ask where the main one has ended; 0 for the process itself.</param>
internal sealed record ProcessDoor(int ProcessId, ulong StartTicks, int ThreadId = 0)
{
    /// <summary>
    /// Goes to the process' directory in /proc with a reader. Returns 0, or -errno: -ESRCH where it has ended.
    /// </summary>
    public int Approach(ProcReader reader)
    {
        var status = reader.Enter(ProcessId);
        return status < 0 ? status : IsRunning(reader) ? 0 : -(int)Errno.ESRCH;
    }

    /// <summary>
    /// Moves the calling thread into a namespace of the process. The caller then checks which one that was: the process
    /// may move meanwhile. Returns 0, or -errno: -ESRCH where it has ended.
    /// </summary>
    /// <param name="reader">Reads /proc.</param>
    /// <param name="type">CLONE_NEWIPC or another.</param>
    /// <param name="link">The namespace's file in /proc, as "ns/ipc", NUL-terminated.</param>
    public int Enter(ProcReader reader, int type, ReadOnlySpan<byte> link)
    {
        var status = reader.Enter(ProcessId);
        if (status < 0)
        {
            return status;
        }

        // The directory stays that process' own. So the pidfd is its too, if it still runs once that is open.
        using var process = Libc.pidfd_open(ProcessId);
        if (!IsRunning(reader))
        {
            return -(int)Errno.ESRCH;
        }

        // A pidfd leads to the main thread, which may have ended before others; before Linux 5.8 it leads nowhere.
        status = process.IsInvalid || ThreadId != 0 ? -(int)Errno.EINVAL : Libc.setns(process, type);
        if (status != -(int)Errno.EINVAL)
        {
            return status;
        }

        using var descriptor = reader.Open(ThreadId, link);
        return descriptor.IsInvalid ? -descriptor.Errno : Libc.setns(descriptor, type);
    }

    private bool IsRunning(ProcReader reader) =>
        reader.ReadStat(out var stat) >= 0 && stat.StartTicks == StartTicks;
}
