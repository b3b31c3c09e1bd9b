using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>linux/openat2.h: opening a path below a directory, and never out of it. Linux 5.6.</summary>
internal static unsafe partial class Libc
{
    /// <summary>No step onto another mount.</summary>
    public const ulong RESOLVE_NO_XDEV = 1;

    /// <summary>No link that only the kernel can follow, as /proc/PID/root is: ELOOP.</summary>
    public const ulong RESOLVE_NO_MAGICLINKS = 2;

    /// <summary>The directory is taken for the root: absolute links and ".." stay in it.</summary>
    public const ulong RESOLVE_IN_ROOT = 16;

    /// <summary>No link anywhere in the path: ELOOP.</summary>
    public const ulong RESOLVE_NO_SYMLINKS = 4;

    /// <summary>No step out of the directory: EXDEV.</summary>
    public const ulong RESOLVE_BENEATH = 8;

    [StructLayout(LayoutKind.Sequential)]
    public struct open_how
    {
        public ulong flags;
        public ulong mode;
        public ulong resolve;
    }

    /// <summary>openat2(2), always with O_CLOEXEC; ENOSYS, or EPERM of a filter, where this host lacks it.</summary>
    public static DescriptorHandle openat2(DescriptorHandle dirfd, byte* pathname, int flags, ulong resolve)
    {
        var how = new open_how { flags = (uint)(flags | O_CLOEXEC), resolve = resolve };
        long result;
        do
        {
            result = Fold(file_syscall(FileCalls.OpenAt2, dirfd, (nint)pathname, (nint)(&how), sizeof(open_how), 0));
        }
        while (result == -(int)Errno.EINTR);

        return new DescriptorHandle((int)result);
    }
}
