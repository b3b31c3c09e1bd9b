using System;

namespace PSSharedMemory;

/// <summary>Special states of a segment.</summary>
[Flags]
public enum ShmSegmentStatus : long
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Removed already; the kernel destroys it with its last detach.</summary>
    RemovalPending = 1,

    /// <summary>Its pages stay in RAM (SHM_LOCK).</summary>
    Locked = 2,

    /// <summary>
    /// Backed by huge pages of the host's pool. The kernel doesn't tell it of a System V segment that nobody has
    /// mapped: it is shown of one that this process has made or mounted, or has found mapped by another.
    /// </summary>
    HugePages = 4,

    /// <summary>A memfd with at least one seal.</summary>
    Sealed = 8,

    /// <summary>Not a program's memory but a named semaphore of sem_open(3), "sem." and its name.</summary>
    NamedSemaphore = 16,
}
