using System;

namespace PSSharedMemory;

/// <summary>
/// Facts that cost something to find out: a check says which it goes by, and no others are looked for.
/// </summary>
[Flags]
internal enum HostFactKinds
{
    /// <summary>A few small files.</summary>
    None = 0,

    /// <summary>The mount at /dev/shm.</summary>
    Mount = 1,

    /// <summary>Limits and their use; every object of /dev/shm is looked at.</summary>
    Limits = 2,

    /// <summary>All segments.</summary>
    Segments = 4,

    /// <summary>What processes hold: a pass over all of them.</summary>
    Processes = 8,

    /// <summary>What the balance of /dev/shm takes.</summary>
    Balance = Limits | Processes,

    /// <summary>All of them.</summary>
    All = Mount | Limits | Segments | Processes,
}
