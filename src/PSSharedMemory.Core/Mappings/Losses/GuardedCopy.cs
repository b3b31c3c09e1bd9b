using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Copies from and to memory that may vanish at any instant. A load or store there would raise SIGBUS, which managed
/// code cannot catch; the kernel's copy stops instead and reports how far it got (process_vm_readv(2) on this process).
/// </summary>
internal static unsafe class GuardedCopy
{
    /// <summary>Reads; returns the bytes read, fewer if memory ended.</summary>
    public static long Read(nint source, Span<byte> destination)
    {
        fixed (byte* pointer = destination)
        {
            return Copy(source, (nint)pointer, destination.Length, isRead: true);
        }
    }

    /// <summary>Writes; returns the bytes written, fewer if memory ended.</summary>
    public static long Write(nint destination, ReadOnlySpan<byte> source)
    {
        fixed (byte* pointer = source)
        {
            return Copy(destination, (nint)pointer, source.Length, isRead: false);
        }
    }

    /// <summary>Copies between two ranges that may both vanish and don't overlap.</summary>
    public static long Copy(nint source, nint destination, long length) =>
        Copy(source, destination, length, isRead: true);

    private static long Copy(nint guarded, nint local, long length, bool isRead)
    {
        long done = 0;
        while (done < length)
        {
            var part = (nuint)(length - done);
            var result = isRead
                ? Libc.process_vm_readv(Environment.ProcessId, local + (nint)done, guarded + (nint)done, part)
                : Libc.process_vm_writev(Environment.ProcessId, local + (nint)done, guarded + (nint)done, part);
            if (result > 0)
            {
                done += result;
            }
            else if (result is 0 or -(int)Errno.EFAULT)
            {
                return done;
            }
            else if (result is -(int)Errno.EPERM or -(int)Errno.ENOSYS)
            {
                return done + ScratchCopy.Copy(
                    isRead ? guarded + (nint)done : local + (nint)done,
                    isRead ? local + (nint)done : guarded + (nint)done,
                    (long)part);
            }
            else
            {
                throw NativeError.From(
                    isRead ? nameof(Libc.process_vm_readv) : nameof(Libc.process_vm_writev), (int)-result,
                    $"copy {length} bytes");
            }
        }

        return done;
    }
}
