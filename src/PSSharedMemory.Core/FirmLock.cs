using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// A lock for a few instructions, whose wait <see cref="Thread.Interrupt"/> doesn't end: what is half done, or has to
/// be undone, is finished first. The interruption comes at the thread's next wait.
/// </summary>
internal readonly ref struct FirmLock
{
    private readonly object _lock;

    private FirmLock(object theLock) => _lock = theLock;

    public static FirmLock Enter(object theLock)
    {
        var wasInterrupted = false;
        while (true)
        {
            try
            {
                Monitor.Enter(theLock);
                break;
            }
            catch (ThreadInterruptedException)
            {
                wasInterrupted = true;
            }
        }

        if (wasInterrupted)
        {
            Thread.CurrentThread.Interrupt();
        }

        return new FirmLock(theLock);
    }

    public void Dispose() => Monitor.Exit(_lock);
}
