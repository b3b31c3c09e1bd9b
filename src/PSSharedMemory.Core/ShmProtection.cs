using System;

namespace PSSharedMemory;

/// <summary>What a page allows: PROT_READ, PROT_WRITE and PROT_EXEC of mmap(2), with the kernel's values.</summary>
[Flags]
public enum ShmProtection : long
{
    /// <summary>No access.</summary>
    None = 0,

    /// <summary>Reading.</summary>
    Read = 1,

    /// <summary>Writing.</summary>
    Write = 2,

    /// <summary>Running code.</summary>
    Execute = 4,
}
