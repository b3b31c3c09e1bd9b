using System.Runtime.InteropServices;

namespace PSSharedMemory;

// Temporary stand-in for Native/: replaced when the libc wrappers are there.
internal static unsafe partial class ProcNative
{
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatX
    {
        [FieldOffset(0)] public uint Mask;
        [FieldOffset(16)] public uint Nlink;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(48)] public ulong Blocks;
        [FieldOffset(80)] public long BirthSeconds;
        [FieldOffset(88)] public uint BirthNanoseconds;
        [FieldOffset(96)] public long ChangeSeconds;
        [FieldOffset(136)] public uint DevMajor;
        [FieldOffset(140)] public uint DevMinor;
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static partial int openat_(int directory, byte* path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint read_(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    private static partial nint readlinkat_(int directory, byte* path, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    private static partial nint getdents64_(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int statx_(int dirfd, byte* path, int flags, uint mask, StatX* result);

    public static int OpenAt(int directory, byte* path)
    {
        int r = openat_(directory, path, 0x80000, 0);
        return r < 0 ? -Marshal.GetLastPInvokeError() : r;
    }

    public static nint Read(int fd, byte* buffer, nuint count)
    {
        nint r = read_(fd, buffer, count);
        return r < 0 ? -Marshal.GetLastPInvokeError() : r;
    }

    public static nint ReadLinkAt(int directory, byte* path, byte* buffer, nuint count)
    {
        nint r = readlinkat_(directory, path, buffer, count);
        return r < 0 ? -Marshal.GetLastPInvokeError() : r;
    }

    public static nint GetDents(int fd, byte* buffer, nuint count)
    {
        nint r = getdents64_(fd, buffer, count);
        return r < 0 ? -Marshal.GetLastPInvokeError() : r;
    }

    public static int StatAt(int directory, byte* path, StatX* result)
    {
        int r = statx_(directory, path, 0x4000, 0x0fff, result);
        return r < 0 ? -Marshal.GetLastPInvokeError() : r;
    }
}
