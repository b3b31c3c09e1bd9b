namespace PSSharedMemory;

/// <summary>Whether threads of this process still run (proc_pid_task(5), proc_pid_stat(5)).</summary>
internal static class ThreadLife
{
    // The kernel's mark of a task that is ending: it runs no code of its own any more.
    private const ulong PF_EXITING = 4;

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
        if (status < 0)
        {
            return status;
        }

        status = reader.LoadOfThread(threadId, "stat\0"u8);
        isEnding = status >= 0 && ProcessStatLine.TryParse(reader.Text, out var stat) && (stat.Flags & PF_EXITING) != 0;
        return status;
    }
}
