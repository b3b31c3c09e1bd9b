using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>fcntl.h: opening, locking, reserving room, seals.</summary>
internal static unsafe partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NOCTTY = 0x100;
    public const int O_TRUNC = 0x200;
    public const int O_NONBLOCK = 0x800;
    public const int O_NOATIME = 0x40000;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    /// <summary>Only a directory opens.</summary>
    public static readonly int O_DIRECTORY =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    /// <summary>A link in the last place isn't followed: ELOOP, or the link itself with O_PATH.</summary>
    public static readonly int O_NOFOLLOW =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>A file without a name in a directory.</summary>
    public static readonly int O_TMPFILE = 0x400000 | O_DIRECTORY;

    /// <summary>The signal that tells the holder of a lease that somebody waits for it.</summary>
    public const int F_SETSIG = 10;

    public const int F_SETLEASE = 1024;
    public const int F_GETLEASE = 1025;
    public const int F_WRLCK = 1;
    public const int F_UNLCK = 2;

    public const int F_ADD_SEALS = 1033;
    public const int F_GET_SEALS = 1034;

    public const int FALLOC_FL_KEEP_SIZE = 1;
    public const int FALLOC_FL_PUNCH_HOLE = 2;

    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;
    public const int LOCK_UN = 8;

    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_SYMLINK_FOLLOW = 0x400;
    public const int AT_EMPTY_PATH = 0x1000;

    /// <summary>Answers with what is known here, without a question to a remote file system.</summary>
    public const int AT_STATX_DONT_SYNC = 0x4000;

    /// <summary>open(2), always with O_CLOEXEC; an invalid handle says why not.</summary>
    public static DescriptorHandle open(string pathname, int flags)
    {
        int result;
        do
        {
            result = Fold(open_(pathname, flags | O_CLOEXEC, 0));
        }
        while (result == -(int)Errno.EINTR);

        return new DescriptorHandle(result);
    }

    /// <summary>openat(2), always with O_CLOEXEC; the path is NUL-terminated bytes.</summary>
    public static int openat(int dirfd, byte* pathname, int flags, uint mode = 0)
    {
        int result;
        do
        {
            result = Fold(openat_(dirfd, pathname, flags | O_CLOEXEC, mode));
        }
        while (result == -(int)Errno.EINTR);

        return result;
    }

    /// <summary>openat(2) below an open directory, always with O_CLOEXEC; an invalid handle says why not.</summary>
    public static DescriptorHandle openat(DescriptorHandle dirfd, byte* pathname, int flags, uint mode = 0)
    {
        int result;
        do
        {
            result = Fold(openat_(dirfd, pathname, flags | O_CLOEXEC, mode));
        }
        while (result == -(int)Errno.EINTR);

        return new DescriptorHandle(result);
    }

    /// <summary>flock(2) of sys/file.h: the lock goes with the last descriptor of this opening.</summary>
    public static int flock(DescriptorHandle fd, int operation)
    {
        int result;
        do
        {
            result = Fold(flock_(fd, operation));
        }
        while (result == -(int)Errno.EINTR);

        return result;
    }

    public static int fcntl(DescriptorHandle fd, int cmd, int arg) => Fold(fcntl_(fd, cmd, arg));

    /// <summary>
    /// fallocate(2): with mode 0 or KEEP_SIZE the pages exist afterwards, or an error is reported and none was added.
    /// Not posix_fallocate(3), which may fall back to writing.
    /// </summary>
    public static int fallocate(DescriptorHandle fd, long offset, long len, int mode = 0)
    {
        int result;
        do
        {
            result = Fold(fallocate_(fd, mode, offset, len));
        }
        while (result == -(int)Errno.EINTR);

        return result;
    }

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open_(string pathname, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true)]
    private static partial int openat_(int dirfd, byte* pathname, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true)]
    private static partial int openat_(DescriptorHandle dirfd, byte* pathname, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    private static partial int flock_(DescriptorHandle fd, int operation);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int fcntl_(DescriptorHandle fd, int cmd, int arg);

    [LibraryImport(Library, EntryPoint = "fallocate", SetLastError = true)]
    private static partial int fallocate_(DescriptorHandle fd, int mode, long offset, long len);
}
