using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Brings pages into memory: madvise(2) with MADV_POPULATE_READ or _WRITE (Linux 5.14), which reports what MAP_POPULATE
/// passes over in silence.
/// </summary>
internal static class PagePopulation
{
    private const int MADV_POPULATE_READ = 22;
    private const int MADV_POPULATE_WRITE = 23;

    // Small enough that Ctrl+C is heard within 100 ms.
    public const long Piece = 64L << 20;

    public static void Populate(nint address, long length, ShmProtection protection, ShmSegment segment, CancellationToken cancellation)
    {
        var advice = protection.HasFlag(ShmProtection.Write) ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
        for (long done = 0; done < length; done += Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            int result;
            do
            {
                result = Libc.madvise(address + (nint)done, (nuint)Math.Min(Piece, length - done), advice);
            }
            while (result is -(int)Errno.EINTR or -(int)Errno.EAGAIN);

            if (result < 0)
            {
                throw (Errno)(-result) is Errno.EFAULT or Errno.ENOMEM
                    ? NativeError.From(
                        ShmErrorId.NoSpace, nameof(Libc.madvise), -result, $"populate {segment}", "there is no memory for all of its pages",
                        "Get-ShmLimit shows what is free.", segment)
                    : NativeError.From(nameof(Libc.madvise), -result, $"populate {segment}", segment);
            }
        }
    }
}
