using System;
using System.IO;
using Microsoft.Win32.SafeHandles;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Opens files that users name without ever hanging: anybody who may write to the folder can put a FIFO, a socket or a
/// device there, whose open(2) waits forever and ignores Ctrl+C. So files are opened without blocking and then checked.
/// </summary>
public static unsafe class PlainFile
{
    // 0666, less the umask.
    private const uint NewMode = 0x1B6;

    /// <summary>Opens a regular file to read.</summary>
    /// <exception cref="ShmException">
    /// NotSupportedByKind: it's something else; InvalidName (a NUL), LimitReached.
    /// </exception>
    /// <exception cref="FileNotFoundException">It isn't there.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read it.</exception>
    internal static SafeFileHandle OpenToRead(string path) => Open(path, Libc.O_RDONLY, allowsDevices: false);

    /// <summary>Opens a regular file or a device to write; makes the file if there's none.</summary>
    /// <exception cref="ShmException">As <see cref="OpenToRead"/>.</exception>
    internal static SafeFileHandle OpenToWrite(string path) =>
        Open(path, Libc.O_RDWR | Libc.O_CREAT, allowsDevices: true);

    /// <summary>Makes a file to write to, or empties the one that is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">How many bytes will be written.</param>
    /// <param name="replace">Whether an existing file is emptied.</param>
    /// <exception cref="ShmException">
    /// NotSupportedByKind: it's something else; InvalidName (a NUL); LimitReached, also where the file would be larger
    /// than RLIMIT_FSIZE allows: nothing is made or emptied then.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">This user may not write it.</exception>
    /// <exception cref="IOException">EEXIST: it's there already.</exception>
    public static SafeFileHandle Create(string path, long length, bool replace)
    {
        FileSizeLimit.Require(nameof(Libc.pwrite), length, $"write {length} bytes to '{path}'", path);
        return Open(path, Libc.O_WRONLY | Libc.O_CREAT | (replace ? Libc.O_TRUNC : Libc.O_EXCL), allowsDevices: true);
    }

    private static SafeFileHandle Open(string path, int flags, bool allowsDevices)
    {
        if (path.Contains('\0'))
        {
            throw new ShmException(ShmErrorId.InvalidName, $"Cannot open '{path}': a path cannot contain a NUL.", path);
        }

        int number;
        fixed (byte* bytes = CString.ToBytes(path))
        {
            number = Libc.openat(Libc.AT_FDCWD, bytes, flags | Libc.O_NONBLOCK | Libc.O_NOCTTY, NewMode);
        }

        if (number < 0)
        {
            throw Explain((Errno)(-number), path);
        }

        var file = new SafeFileHandle(number, ownsHandle: true);
        var result = Libc.statx(file, Libc.STATX_BASIC_STATS, out var data);
        var kind = data.stx_mode & Libc.S_IFMT;
        if (result >= 0 && kind == Libc.S_IFREG && Libc.lseek(file, 0, Libc.SEEK_CUR) is < 0 and var refusal)
        {
            // A filter of system calls: the runtime would call the file a stream without positions.
            file.Dispose();
            throw NativeError.From(nameof(Libc.lseek), (int)-refusal, $"find positions in '{path}'", path);
        }

        if (result < 0 || kind == Libc.S_IFREG || (allowsDevices && kind is Libc.S_IFCHR or Libc.S_IFBLK))
        {
            return file;
        }

        file.Dispose();
        throw NotAFile(path, kind switch
        {
            Libc.S_IFIFO => "a named pipe",
            Libc.S_IFCHR or Libc.S_IFBLK => "a device",
            Libc.S_IFDIR => "a folder",
            _ => "something else",
        });
    }

    private static Exception Explain(Errno errno, string path) => errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR => new FileNotFoundException(
            $"Cannot open '{path}': there is no such file.", path),
        Errno.EACCES or Errno.EPERM or Errno.EROFS =>
            new UnauthorizedAccessException($"Cannot open '{path}': permission denied."),
        Errno.EEXIST => new IOException($"'{path}' exists already.", (int)Errno.EEXIST),
        Errno.EISDIR => NotAFile(path, "a folder"),
        Errno.ELOOP => NotAFile(path, "a link that leads in a circle"),
        Errno.ENAMETOOLONG => new ShmException(
            ShmErrorId.InvalidName, $"Cannot open '{path}': the path is too long.", path),
        Errno.ENXIO or Errno.ENODEV =>
            NotAFile(path, "a socket, a pipe that nobody reads, or a device that isn't there"),
        _ => NativeError.From(nameof(Libc.open), (int)errno, $"open '{path}'", path),
    };

    private static ShmException NotAFile(string path, string what) =>
        new(ShmErrorId.NotSupportedByKind, $"Cannot open '{path}': it's {what}, not a file.", path);
}
