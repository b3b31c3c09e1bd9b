using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>
/// asm/stat.h: newfstatat(2) where statx(2) is refused, as the filters of older container runtimes do, or is not there,
/// as before Linux 4.11. The structure differs by architecture.
/// </summary>
internal static unsafe partial class Libc
{
    [StructLayout(LayoutKind.Sequential)]
    public struct stat_amd64
    {
        public ulong st_dev;
        public ulong st_ino;
        public ulong st_nlink;
        public uint st_mode;
        public uint st_uid;
        public uint st_gid;
        private readonly uint _pad;
        public ulong st_rdev;
        public long st_size;
        public long st_blksize;
        public long st_blocks;
        public timespec st_atim;
        public timespec st_mtim;
        public timespec st_ctim;
        private fixed long _unused[3];
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct stat_arm64
    {
        public ulong st_dev;
        public ulong st_ino;
        public uint st_mode;
        public uint st_nlink;
        public uint st_uid;
        public uint st_gid;
        public ulong st_rdev;
        private readonly ulong _pad1;
        public long st_size;
        public int st_blksize;
        private readonly int _pad2;
        public long st_blocks;
        public timespec st_atim;
        public timespec st_mtim;
        public timespec st_ctim;
        private fixed uint _unused[2];
    }

    /// <summary>
    /// A name in a directory, as statx would tell it; what only statx knows (the root of a mount) is not told.
    /// </summary>
    internal static int StatInstead(SafeHandle dirfd, byte* pathname, int flags, out statx_buffer buffer)
    {
        stat_amd64 raw;
        return ToStatx(
            file_syscall(FileCalls.NewFStatAt, dirfd, (nint)pathname, (nint)(&raw), flags & ~AT_STATX_DONT_SYNC, 0),
            &raw, out buffer);
    }

    /// <summary>The same, below a raw descriptor or AT_FDCWD.</summary>
    internal static int StatInstead(int dirfd, byte* pathname, int flags, out statx_buffer buffer)
    {
        stat_amd64 raw;
        return ToStatx(
            file_syscall(FileCalls.NewFStatAt, dirfd, (nint)pathname, (nint)(&raw), flags & ~AT_STATX_DONT_SYNC, 0),
            &raw, out buffer);
    }

    /// <summary>Whether statx was refused as such, and not for what it was asked.</summary>
    private static bool IsRefused(int result) => (Errno)(-result) is Errno.ENOSYS or Errno.EPERM;

    // The structure of amd64 is the larger one, so there is room for either.
    private static int ToStatx(long result, stat_amd64* raw, out statx_buffer buffer)
    {
        buffer = default;
        var folded = (int)Fold(result);
        if (folded >= 0)
        {
            buffer = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
                ? ToStatx(*(stat_arm64*)raw)
                : ToStatx(*raw);
        }

        return folded;
    }

    private static statx_buffer ToStatx(in stat_amd64 data) => new()
    {
        stx_mask = STATX_BASIC_STATS,
        stx_nlink = (uint)data.st_nlink,
        stx_uid = data.st_uid,
        stx_gid = data.st_gid,
        stx_mode = (ushort)data.st_mode,
        stx_ino = data.st_ino,
        stx_size = (ulong)data.st_size,
        stx_blocks = (ulong)data.st_blocks,
        stx_atime = ToStatx(data.st_atim),
        stx_ctime = ToStatx(data.st_ctim),
        stx_mtime = ToStatx(data.st_mtim),
        stx_rdev_major = Major(data.st_rdev),
        stx_rdev_minor = Minor(data.st_rdev),
        stx_dev_major = Major(data.st_dev),
        stx_dev_minor = Minor(data.st_dev),
    };

    private static statx_buffer ToStatx(in stat_arm64 data) => ToStatx(new stat_amd64
    {
        st_dev = data.st_dev,
        st_ino = data.st_ino,
        st_nlink = data.st_nlink,
        st_mode = data.st_mode,
        st_uid = data.st_uid,
        st_gid = data.st_gid,
        st_rdev = data.st_rdev,
        st_size = data.st_size,
        st_blocks = data.st_blocks,
        st_atim = data.st_atim,
        st_mtim = data.st_mtim,
        st_ctim = data.st_ctim,
    });

    private static statx_timestamp ToStatx(timespec time) =>
        new() { tv_sec = time.tv_sec, tv_nsec = (uint)time.tv_nsec };

    // As the kernel packs them: 12 bits of the major, between 8 and 12 bits of the minor.
    private static uint Major(ulong device) => (uint)(device >> 8) & 0xFFF;

    private static uint Minor(ulong device) => (uint)((device & 0xFF) | ((device >> 12) & 0xFFF00));
}
