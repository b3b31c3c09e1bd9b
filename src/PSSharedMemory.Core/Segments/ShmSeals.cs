using System;

namespace PSSharedMemory;

/// <summary>What nobody can do to a memfd any more (F_ADD_SEALS in fcntl(2)). The values are the kernel's.</summary>
[Flags]
public enum ShmSeals : long
{
    /// <summary>Everything can.</summary>
    None = 0,

    /// <summary>No further seal can be set.</summary>
    Seal = 0x1,

    /// <summary>It cannot shrink: its memory cannot vanish under a reader.</summary>
    Shrink = 0x2,

    /// <summary>It cannot be made larger.</summary>
    Grow = 0x4,

    /// <summary>Its bytes cannot change; refused while a writable mapping exists.</summary>
    Write = 0x8,

    /// <summary>No new writable mapping can be made; existing ones go on (Linux 5.1).</summary>
    FutureWrite = 0x10,

    /// <summary>Its execute bits cannot be changed (Linux 6.3).</summary>
    Exec = 0x20,
}
