namespace PSSharedMemory;

/// <summary>The families of shared memory.</summary>
public enum ShmKind : long
{
    /// <summary>System V: named by a key and an id (sysvipc(7)).</summary>
    SysV,

    /// <summary>POSIX: an object of a name in /dev/shm (shm_overview(7)).</summary>
    Posix,

    /// <summary>Anonymous: lives as long as a descriptor or a mapping of it (memfd_create(2)).</summary>
    MemFd,

    /// <summary>
    /// Shared memory without a name, which a process and its children have mapped: mmap(2) with MAP_SHARED and
    /// MAP_ANONYMOUS.
    /// </summary>
    Anonymous,
}
