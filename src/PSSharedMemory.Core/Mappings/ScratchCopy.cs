using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The guarded copy for hosts that forbid process_vm_readv, as the seccomp filters of some containers do: through a
/// scratch memfd, since pread and pwrite report memory that is gone as well. Each byte is copied twice.
/// </summary>
internal static class ScratchCopy
{
    private const int ScratchSize = 1 << 20;

    [ThreadStatic]
    private static DescriptorHandle? s_scratch;

    /// <summary>The bytes copied, fewer where memory ended.</summary>
    public static long Copy(nint source, nint destination, long length)
    {
        var scratch = s_scratch ??= Open();
        long done = 0;
        while (done < length)
        {
            var part = (nuint)Math.Min(ScratchSize, length - done);
            var taken = Libc.pwrite(scratch, source + (nint)done, part, 0);
            var given = taken > 0 ? Libc.pread(scratch, destination + (nint)done, (nuint)taken, 0) : taken;
            if (given > 0)
            {
                done += given;
            }
            else if (given is 0 or -(int)Errno.EFAULT)
            {
                return done;
            }
            else
            {
                throw NativeError.From(
                    taken > 0 ? nameof(Libc.pread) : nameof(Libc.pwrite), (int)-given, $"copy {length} bytes");
            }
        }

        return done;
    }

    private static DescriptorHandle Open()
    {
        var descriptor = Libc.memfd_create("PSSharedMemory scratch", Libc.MFD_CLOEXEC);
        return descriptor >= 0
            ? new DescriptorHandle(descriptor)
            : throw NativeError.From(nameof(Libc.memfd_create), -descriptor, "make a scratch memfd for guarded copies");
    }
}
