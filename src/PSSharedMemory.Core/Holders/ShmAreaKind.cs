namespace PSSharedMemory;

/// <summary>What stands behind a shared area of an address space.</summary>
public enum ShmAreaKind : long
{
    /// <summary>No shared memory: a file, private memory, the kernel's own.</summary>
    None,

    /// <summary>A System V segment (shmat(2)).</summary>
    SysV,

    /// <summary>An object in /dev/shm (shm_open(3)), also one that is unlinked.</summary>
    Posix,

    /// <summary>A memfd (memfd_create(2)).</summary>
    MemFd,

    /// <summary>
    /// Shared memory without a name that parent and child share: mmap(2) with MAP_SHARED and MAP_ANONYMOUS.
    /// </summary>
    Anonymous,
}
