using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/vfs.h: the room of a file system.</summary>
internal static unsafe partial class Libc
{
    public const long TMPFS_MAGIC = 0x01021994;
    public const long HUGETLBFS_MAGIC = 0x958458f6;

    /// <summary>As 64-bit Linux lays it out, on x86-64 and arm64 alike.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct statfs_buffer
    {
        public long f_type;
        public long f_bsize;
        public ulong f_blocks;
        public ulong f_bfree;
        public ulong f_bavail;
        public ulong f_files;
        public ulong f_ffree;
        public ulong f_fsid;
        public long f_namelen;
        public long f_frsize;
        public long f_flags;
        private fixed long _spare[4];
    }

    public static int statfs(string path, out statfs_buffer buffer)
    {
        fixed (statfs_buffer* pointer = &buffer)
        {
            *pointer = default;
            return Fold(statfs_(path, pointer));
        }
    }

    /// <summary>The file system that an object lies on.</summary>
    public static int fstatfs(DescriptorHandle fd, out statfs_buffer buffer)
    {
        fixed (statfs_buffer* pointer = &buffer)
        {
            *pointer = default;
            return Fold(fstatfs_(fd, pointer));
        }
    }

    [LibraryImport(Library, EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statfs_(string path, statfs_buffer* buf);

    [LibraryImport(Library, EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int fstatfs_(DescriptorHandle fd, statfs_buffer* buf);
}
