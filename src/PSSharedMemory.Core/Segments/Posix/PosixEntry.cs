using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>The kind of an entry below /dev/shm that isn't a segment.</summary>
internal enum PosixEntryKind
{
    Directory,
    Socket,
    Fifo,
    Link,
    Device,

    /// <summary>A directory on which another file system is mounted.</summary>
    Mount,

    /// <summary>A directory that this user cannot list, or that is too deep to open: what it has is unknown.</summary>
    Unreadable,
}

/// <summary>Something below /dev/shm that isn't a segment.</summary>
/// <param name="Name">As that of a segment: "/relay".</param>
/// <param name="Kind">What it is.</param>
/// <param name="Bytes">Bytes of memory it uses itself.</param>
internal readonly record struct PosixEntry(string Name, PosixEntryKind Kind, long Bytes)
{
    /// <summary>From the type bits of a mode, for anything but a regular file.</summary>
    public static PosixEntryKind KindOf(uint mode) => (mode & Libc.S_IFMT) switch
    {
        Libc.S_IFDIR => PosixEntryKind.Directory,
        Libc.S_IFSOCK => PosixEntryKind.Socket,
        Libc.S_IFIFO => PosixEntryKind.Fifo,
        Libc.S_IFLNK => PosixEntryKind.Link,
        _ => PosixEntryKind.Device,
    };

    /// <summary>"a directory", "a socket", …</summary>
    public static string Describe(PosixEntryKind kind) => kind switch
    {
        PosixEntryKind.Directory => "a directory",
        PosixEntryKind.Socket => "a socket",
        PosixEntryKind.Fifo => "a named pipe",
        PosixEntryKind.Link => "a link",
        PosixEntryKind.Mount => "another file system's mount point",
        PosixEntryKind.Unreadable => "a directory that cannot be listed",
        _ => "a device",
    };
}
