using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Whether processes exist, and whether they can be seen: hidepid hides those of other users.</summary>
public static class ProcessLife
{
    /// <summary>Whether a process, or a thread of one, has the id in this process namespace (kill(2)).</summary>
    internal static bool Exists(int processId) => processId > 0 && Libc.kill(processId, 0) != -(int)Errno.ESRCH;

    /// <summary>
    /// Whether /proc shows the process, or cannot be read for another reason than the process' absence.
    /// </summary>
    public static bool IsVisible(int processId)
    {
        using var reader = new ProcReader();
        return !ProcReader.IsGone(reader.Enter(processId));
    }

    /// <summary>Why a process that exists cannot be seen in /proc.</summary>
    /// <returns>AccessDenied where hidepid hides it, PlatformNotSupported where /proc isn't mounted; null where there
    /// is no such process.</returns>
    public static ShmException? WhyInvisible(int processId)
    {
        if (!Exists(processId))
        {
            return null;
        }

        using var reader = new ProcReader();
        return reader.Load("/proc/self/mountinfo\0"u8) >= 0 && ProcessView.HidePid(reader.Text) > 0
            ? new ShmException(
                ShmErrorId.AccessDenied,
                FormattableString.Invariant(
                    $"Cannot look into process {processId}: /proc hides it from this user (hidepid)."), processId)
            : new ShmException(
                ShmErrorId.PlatformNotSupported,
                FormattableString.Invariant(
                    $"Cannot look into process {processId}: it runs, but /proc doesn't show it. Is /proc mounted?"),
                processId);
    }
}
