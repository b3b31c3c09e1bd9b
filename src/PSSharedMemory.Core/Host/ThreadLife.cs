namespace PSSharedMemory;

/// <summary>Whether threads of this process still run (proc_pid_task(5), proc_pid_stat(5)).</summary>
internal static class ThreadLife
{
    /// <summary>Whether there is such a thread, even one that is ending.</summary>
    public static bool Exists(int threadId) => !ProcReader.IsGone(Read(threadId, out _));

    /// <summary>Whether it may still run code. Where this process can't look, it may.</summary>
    public static bool Runs(int threadId)
    {
        var status = Read(threadId, out var isEnding);
        return !ProcReader.IsGone(status) && !isEnding;
    }

    private static int Read(int threadId, out bool isEnding)
    {
        isEnding = false;
        using var reader = new ProcReader();
        var status = reader.EnterSelf();
        if (status >= 0)
        {
            status = reader.ReadStat(out var stat, threadId);
            isEnding = stat.IsEnding;
        }

        return status;
    }
}
