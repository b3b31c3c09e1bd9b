using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/uio.h: copies that report memory which is gone instead of raising a signal.</summary>
internal static unsafe partial class Libc
{
    [StructLayout(LayoutKind.Sequential)]
    public struct iovec
    {
        public nint iov_base;
        public nuint iov_len;
    }

    /// <summary>Copies one range of a process; returns the bytes copied, which may be fewer.</summary>
    public static long process_vm_readv(int pid, nint local, nint remote, nuint length)
    {
        var localRange = new iovec { iov_base = local, iov_len = length };
        var remoteRange = new iovec { iov_base = remote, iov_len = length };
        return Fold(process_vm_readv_(pid, &localRange, 1, &remoteRange, 1, 0));
    }

    /// <summary>Copies into one range of a process; returns the bytes copied, which may be fewer.</summary>
    public static long process_vm_writev(int pid, nint local, nint remote, nuint length)
    {
        var localRange = new iovec { iov_base = local, iov_len = length };
        var remoteRange = new iovec { iov_base = remote, iov_len = length };
        return Fold(process_vm_writev_(pid, &localRange, 1, &remoteRange, 1, 0));
    }

    [LibraryImport(Library, EntryPoint = "process_vm_readv", SetLastError = true)]
    private static partial long process_vm_readv_(
        int pid, iovec* local_iov, ulong liovcnt, iovec* remote_iov, ulong riovcnt, ulong flags);

    [LibraryImport(Library, EntryPoint = "process_vm_writev", SetLastError = true)]
    private static partial long process_vm_writev_(
        int pid, iovec* local_iov, ulong liovcnt, iovec* remote_iov, ulong riovcnt, ulong flags);
}
