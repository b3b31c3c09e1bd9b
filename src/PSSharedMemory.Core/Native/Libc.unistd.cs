using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>unistd.h, with getdents64 of dirent.h.</summary>
internal static unsafe partial class Libc
{
    public const int X_OK = 1;

    public const int SEEK_CUR = 1;
    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;

    /// <summary>Never retried: Linux has closed the descriptor even when it reports EINTR.</summary>
    public static int close(int fd) => Fold(close_(fd));

    public static int ftruncate(DescriptorHandle fd, long length)
    {
        int result;
        do
        {
            result = Fold(ftruncate_(fd, length));
        }
        while (result == -(int)Errno.EINTR);

        return result;
    }

    /// <summary>
    /// Of the object behind a descriptor, also an O_PATH one. An id of 0xFFFFFFFF leaves that one as it is.
    /// </summary>
    public static int fchownat(DescriptorHandle fd, uint owner, uint group)
    {
        byte empty = 0;
        return Fold(fchownat_(fd, &empty, owner, group, AT_EMPTY_PATH));
    }

    /// <summary>
    /// From a file to an address of this process, at which nothing need be: then EFAULT, or fewer bytes.
    /// </summary>
    public static long pread(DescriptorHandle fd, nint buf, nuint count, long offset) =>
        Fold(pread_(fd, buf, count, offset));

    /// <summary>
    /// From an address of this process, at which nothing need be, to a file: then EFAULT, or fewer bytes.
    /// </summary>
    public static long pwrite(DescriptorHandle fd, nint buf, nuint count, long offset) =>
        Fold(pwrite_(fd, buf, count, offset));

    public static long lseek(SafeHandle fd, long offset, int whence) => Fold(lseek_(fd, offset, whence));

    /// <summary>Waits until the bytes and the length of a file, or the names of a directory, are on the disk.</summary>
    public static int fsync(SafeHandle fd)
    {
        int result;
        do
        {
            result = Fold(fsync_(fd));
        }
        while (result == -(int)Errno.EINTR);

        return result;
    }

    /// <summary>Paths are NUL-terminated bytes. Exclusive: EEXIST where the new name is taken.</summary>
    public static int linkat(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, int flags) =>
        Fold(linkat_(olddirfd, oldpath, newdirfd, newpath, flags));

    /// <summary>The path is NUL-terminated bytes.</summary>
    public static int unlink(byte* pathname) => Fold(unlink_(pathname));

    /// <summary>A name in an open directory, NUL-terminated bytes. With AT_REMOVEDIR an empty directory goes.</summary>
    public static int unlinkat(DescriptorHandle dirfd, byte* pathname, int flags) =>
        Fold(unlinkat_(dirfd, pathname, flags));

    /// <summary>
    /// Names an open file by another name of it (AT_SYMLINK_FOLLOW of /proc/self/fd/N) in an open directory.
    /// </summary>
    public static int linkat(byte* oldpath, DescriptorHandle newdirfd, byte* newpath, int flags) =>
        Fold(linkat_(AT_FDCWD, oldpath, newdirfd, newpath, flags));

    /// <summary>Gives an object in an open directory another name there.</summary>
    public static int linkat(DescriptorHandle dirfd, byte* oldpath, byte* newpath) =>
        Fold(linkat_(dirfd, oldpath, dirfd, newpath, 0));

    /// <summary>Names an open file that has no name (AT_EMPTY_PATH).</summary>
    public static int linkat(DescriptorHandle fd, DescriptorHandle newdirfd, byte* newpath)
    {
        byte empty = 0;
        return Fold(linkat_(fd, &empty, newdirfd, newpath, AT_EMPTY_PATH));
    }

    /// <summary>Whether this user may use the file so.</summary>
    public static int access(string pathname, int mode) => Fold(access_(pathname, mode));

    public static long read(int fd, byte* buf, nuint count)
    {
        long result;
        do
        {
            result = Fold(read_(fd, buf, count));
        }
        while (result == -(int)Errno.EINTR);

        return result;
    }

    public static long read(DescriptorHandle fd, byte* buf, nuint count)
    {
        long result;
        do
        {
            result = Fold(read_(fd, buf, count));
        }
        while (result == -(int)Errno.EINTR);

        return result;
    }

    public static long write(DescriptorHandle fd, byte* buf, nuint count)
    {
        long result;
        do
        {
            result = Fold(write_(fd, buf, count));
        }
        while (result == -(int)Errno.EINTR);

        return result;
    }

    /// <summary>Both ends of a new pipe: the one to read from, and the one to write to.</summary>
    public static int pipe2(int* pipefd, int flags) => Fold(pipe2_(pipefd, flags));

    /// <summary>The path is NUL-terminated bytes; the target is not terminated.</summary>
    public static long readlinkat(int dirfd, byte* pathname, byte* buf, nuint bufsiz) =>
        Fold(readlinkat_(dirfd, pathname, buf, bufsiz));

    /// <summary>The user that the kernel takes this process for.</summary>
    public static uint geteuid() => geteuid_();

    /// <summary>By its number: musl has no function of that name to look up.</summary>
    public static long getdents64(int fd, byte* dirp, nuint count) =>
        Fold(file_syscall(FileCalls.GetDents64, fd, (nint)dirp, (nint)count, 0, 0));

    /// <summary>By its number: musl has no function of that name to look up.</summary>
    public static long getdents64(DescriptorHandle fd, byte* dirp, nuint count) =>
        Fold(file_syscall(FileCalls.GetDents64, fd, (nint)dirp, (nint)count, 0, 0));

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    private static partial long read_(DescriptorHandle fd, byte* buf, nuint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    private static partial long write_(DescriptorHandle fd, byte* buf, nuint count);

    [LibraryImport(Library, EntryPoint = "pipe2", SetLastError = true)]
    private static partial int pipe2_(int* pipefd, int flags);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    private static partial int fsync_(SafeHandle fd);

    [LibraryImport(Library, EntryPoint = "linkat", SetLastError = true)]
    private static partial int linkat_(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, int flags);

    [LibraryImport(Library, EntryPoint = "linkat", SetLastError = true)]
    private static partial int linkat_(
        int olddirfd, byte* oldpath, DescriptorHandle newdirfd, byte* newpath, int flags);

    [LibraryImport(Library, EntryPoint = "linkat", SetLastError = true)]
    private static partial int linkat_(
        DescriptorHandle olddirfd, byte* oldpath, DescriptorHandle newdirfd, byte* newpath, int flags);

    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true)]
    private static partial int unlinkat_(DescriptorHandle dirfd, byte* pathname, int flags);

    [LibraryImport(Library, EntryPoint = "unlink", SetLastError = true)]
    private static partial int unlink_(byte* pathname);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    private static partial int close_(int fd);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int ftruncate_(DescriptorHandle fd, long length);

    [LibraryImport(Library, EntryPoint = "fchownat", SetLastError = true)]
    private static partial int fchownat_(DescriptorHandle dirfd, byte* pathname, uint owner, uint group, int flags);

    [LibraryImport(Library, EntryPoint = "pread", SetLastError = true)]
    private static partial long pread_(DescriptorHandle fd, nint buf, nuint count, long offset);

    [LibraryImport(Library, EntryPoint = "pwrite", SetLastError = true)]
    private static partial long pwrite_(DescriptorHandle fd, nint buf, nuint count, long offset);

    [LibraryImport(Library, EntryPoint = "lseek", SetLastError = true)]
    private static partial long lseek_(SafeHandle fd, long offset, int whence);

    [LibraryImport(Library, EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access_(string pathname, int mode);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    private static partial long read_(int fd, byte* buf, nuint count);

    [LibraryImport(Library, EntryPoint = "readlinkat", SetLastError = true)]
    private static partial long readlinkat_(int dirfd, byte* pathname, byte* buf, nuint bufsiz);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    private static partial uint geteuid_();
}
