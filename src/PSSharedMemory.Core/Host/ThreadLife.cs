using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Whether threads of this process still run (proc_pid_task(5), proc_pid_stat(5)). Their ids come again: a thread that
/// has started later than the one that is asked about isn't that one.
/// </summary>
internal static class ThreadLife
{
    /// <summary>
    /// The time as /proc counts the starts of threads: one whose start is behind it had not started yet. Without end
    /// where the clock cannot be read.
    /// </summary>
    public static ulong Now
    {
        get
        {
            const long NanosecondsPerTick = 1_000_000_000 / ProcessStart.TicksPerSecond;
            return Libc.clock_gettime(Libc.CLOCK_BOOTTIME, out var now) < 0
                ? ulong.MaxValue
                : (ulong)((now.tv_sec * ProcessStart.TicksPerSecond) + (now.tv_nsec / NanosecondsPerTick));
        }
    }

    /// <summary>Whether there is such a thread, even one that is ending.</summary>
    /// <param name="threadId">The id.</param>
    /// <param name="startedBy">When it was running already, by <see cref="Now"/>.</param>
    public static bool Exists(int threadId, ulong startedBy) =>
        !ProcReader.IsGone(Read(threadId, out var stat)) && stat.StartTicks <= startedBy;

    /// <summary>Whether it may still run code. Where this process cannot look, it may.</summary>
    /// <param name="threadId">The id.</param>
    /// <param name="startedBy">When it was running already, by <see cref="Now"/>.</param>
    public static bool Runs(int threadId, ulong startedBy) =>
        !ProcReader.IsGone(Read(threadId, out var stat)) && stat.StartTicks <= startedBy && !stat.IsEnding;

    private static int Read(int threadId, out (ulong StartTicks, bool IsEnding) seen)
    {
        seen = default;
        using var reader = new ProcReader();
        var status = reader.EnterSelf();
        if (status >= 0)
        {
            status = reader.ReadStat(out var stat, threadId);
            seen = (stat.StartTicks, stat.IsEnding);
        }

        return status;
    }
}
