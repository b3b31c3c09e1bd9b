using System.Threading;

namespace PSSharedMemory;

/// <summary>How far a pass over the processes of the host has come: one thread runs it, another may look.</summary>
public sealed class ShmScanProgress
{
    private int _done;

    /// <summary>Processes to read; 0 before they are listed.</summary>
    public int Total { get; internal set; }

    /// <summary>Processes read so far.</summary>
    public int Done => Volatile.Read(ref _done);

    internal void Count() => Interlocked.Increment(ref _done);
}
