using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/vfs.h: the room of a file system.</summary>
internal static unsafe partial class Libc
{
    [StructLayout(LayoutKind.Sequential)]
    public struct statfs
    {
        public long f_type;
        public long f_bsize;
        public ulong f_blocks;
        public ulong f_bfree;
        public ulong f_bavail;
        public ulong f_files;
        public ulong f_ffree;
        private readonly long _fsid;
        public long f_namelen;
        public long f_frsize;
        public long f_flags;
        private fixed long _spare[4];
    }

    /// <summary>The file system that an object lies on.</summary>
    public static int fstatfs(int fd, out statfs buffer)
    {
        fixed (statfs* pointer = &buffer)
        {
            *pointer = default;
            return Fold(fstatfs_(fd, pointer));
        }
    }

    [LibraryImport(Library, EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int fstatfs_(int fd, statfs* buf);
}
