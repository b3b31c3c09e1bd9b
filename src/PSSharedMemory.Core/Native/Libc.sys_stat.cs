using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>
/// sys/stat.h. statx(2) and not fstat(2), because struct stat is laid out differently on x86-64 and arm64.
/// </summary>
internal static unsafe partial class Libc
{
    public const uint STATX_BASIC_STATS = 0x7ff;
    public const uint STATX_SIZE = 0x200;

    public const uint S_IFMT = 0xF000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFIFO = 0x1000;
    public const uint S_IFCHR = 0x2000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFBLK = 0x6000;
    public const uint S_IFLNK = 0xA000;
    public const uint S_IFSOCK = 0xC000;

    /// <summary>Something is mounted there (Linux 5.8).</summary>
    public const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;

    [StructLayout(LayoutKind.Sequential)]
    public struct statx_timestamp
    {
        public long tv_sec;
        public uint tv_nsec;
        private readonly int _reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct statx_buffer
    {
        public uint stx_mask;
        public uint stx_blksize;
        public ulong stx_attributes;
        public uint stx_nlink;
        public uint stx_uid;
        public uint stx_gid;
        public ushort stx_mode;
        private readonly ushort _spare0;
        public ulong stx_ino;
        public ulong stx_size;
        public ulong stx_blocks;
        public ulong stx_attributes_mask;
        public statx_timestamp stx_atime;
        public statx_timestamp stx_btime;
        public statx_timestamp stx_ctime;
        public statx_timestamp stx_mtime;
        public uint stx_rdev_major;
        public uint stx_rdev_minor;
        public uint stx_dev_major;
        public uint stx_dev_minor;
        private fixed ulong _spare2[14];
    }

    /// <summary>The object behind a descriptor.</summary>
    public static int statx(SafeHandle fd, uint mask, out statx_buffer buffer)
    {
        byte empty = 0;
        return statx(fd, &empty, AT_EMPTY_PATH, mask, out buffer);
    }

    /// <summary>
    /// A name in a directory; the name is NUL-terminated bytes. By its number: old musl lacks the function.
    /// </summary>
    /// <remarks>Where the call itself is refused, newfstatat(2) answers instead.</remarks>
    public static int statx(SafeHandle dirfd, byte* pathname, int flags, uint mask, out statx_buffer buffer)
    {
        int result;
        fixed (statx_buffer* pointer = &buffer)
        {
            *pointer = default;
            result = (int)Fold(file_syscall(FileCalls.Statx, dirfd, (nint)pathname, flags, (nint)mask, (nint)pointer));
        }

        return IsRefused(result) ? StatInstead(dirfd, pathname, flags, out buffer) : result;
    }

    /// <summary>The same, below a raw descriptor or AT_FDCWD.</summary>
    public static int statx(int dirfd, byte* pathname, int flags, uint mask, out statx_buffer buffer)
    {
        int result;
        fixed (statx_buffer* pointer = &buffer)
        {
            *pointer = default;
            result = (int)Fold(file_syscall(FileCalls.Statx, dirfd, (nint)pathname, flags, (nint)mask, (nint)pointer));
        }

        return IsRefused(result) ? StatInstead(dirfd, pathname, flags, out buffer) : result;
    }

    /// <summary>fchmod(2): the umask has no part in it.</summary>
    public static int fchmod(SafeHandle fd, uint mode) => Fold(fchmod_(fd, mode));

    /// <summary>chmod(2): follows links, and so reaches an object by /proc/self/fd of an O_PATH descriptor.</summary>
    public static int chmod(string pathname, uint mode) => Fold(chmod_(pathname, mode));

    /// <summary>A name in an open directory, NUL-terminated bytes.</summary>
    public static int mkdirat(DescriptorHandle dirfd, byte* pathname, uint mode) =>
        Fold(mkdirat_(dirfd, pathname, mode));

    [LibraryImport(Library, EntryPoint = "mkdirat", SetLastError = true)]
    private static partial int mkdirat_(DescriptorHandle dirfd, byte* pathname, uint mode);

    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    private static partial int fchmod_(SafeHandle fd, uint mode);

    [LibraryImport(Library, EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chmod_(string pathname, uint mode);
}
