using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Brings pages into memory: madvise(2) with MADV_POPULATE_READ or _WRITE (Linux 5.14), which reports the errors that
/// MAP_POPULATE hides.
/// </summary>
internal static class PagePopulation
{
    // Small enough that Ctrl+C is heard within 100 ms.
    public const long Piece = 64L << 20;

    /// <exception cref="ShmException">NoSpace, PageProtected (the pages allow nothing).</exception>
    public static void Populate(
        nint address, long length, ShmProtection protection, ShmSegment segment, CancellationToken cancellation)
    {
        if ((protection & (ShmProtection.Read | ShmProtection.Write)) == 0)
        {
            throw new ShmException(
                ShmErrorId.PageProtected,
                $"Cannot populate {segment}: pages that allow {protection} cannot be brought in by reading or writing.",
                segment);
        }

        var advice = protection.HasFlag(ShmProtection.Write) ? ShmAdvice.PopulateWrite : ShmAdvice.PopulateRead;
        for (long done = 0; done < length; done += Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            FirstTouch.Require(segment, address + (nint)done, Math.Min(Piece, length - done));
            int result;
            do
            {
                result = Libc.madvise(address + (nint)done, (nuint)Math.Min(Piece, length - done), (int)advice);
            }
            while (result == -(int)Errno.EINTR);

            if (result < 0)
            {
                throw (Errno)(-result) is Errno.EFAULT or Errno.ENOMEM
                    ? NoMemory(nameof(Libc.madvise), -result, $"populate {segment}", segment)
                    : NativeError.From(nameof(Libc.madvise), -result, $"populate {segment}", segment);
            }
        }
    }

    /// <summary>
    /// Whether a few bytes can be written; prepares their pages, so a copy-on-write page is copied now. Assumed if the
    /// kernel doesn't tell (before Linux 5.14).
    /// </summary>
    public static bool IsWritable(nint address, int size) => (Errno)(-PopulateWrite(address, size)) switch
    {
        Errno.EFAULT or Errno.ENOMEM => false,
        Errno.EINVAL => !TellsProtection,
        _ => true,
    };

    /// <summary>
    /// Whether <see cref="IsWritable"/> can tell: EINVAL means a page that cannot be written, or a kernel without this
    /// advice. This thread's stack is writable.
    /// </summary>
    public static bool TellsProtection { get; } = CanPopulateStack();

    private static unsafe bool CanPopulateStack()
    {
        byte probe;
        return PopulateWrite((nint)(&probe), 1) == 0;
    }

    private static int PopulateWrite(nint address, int size)
    {
        var start = address / Environment.SystemPageSize * Environment.SystemPageSize;
        int result;
        do
        {
            result = Libc.madvise(start, (nuint)(address - start + size), (int)ShmAdvice.PopulateWrite);
        }
        while (result == -(int)Errno.EINTR);

        return result;
    }

    /// <summary>Brings all pages in and keeps them in RAM: mlock(2), mlock2(2).</summary>
    /// <exception cref="ShmException">LimitReached, NoSpace.</exception>
    public static void Lock(nint address, long length, ShmProtection protection, ShmSegment segment)
    {
        // mlock has one errno for the limit and for missing memory. If no pages are brought in, it's the limit.
        var result = Libc.mlock2(address, (nuint)length, Libc.MLOCK_ONFAULT);
        NativeError.ThrowIf(result, nameof(Libc.mlock), $"lock {length} bytes of {segment} in RAM", segment);

        if ((protection & (ShmProtection.Read | ShmProtection.Write)) == 0)
        {
            // Nothing comes in until the pages allow access; then it stays.
            return;
        }

        result = Libc.mlock(address, (nuint)length);
        if (result < 0)
        {
            throw NoMemory(nameof(Libc.mlock), -result, $"lock {length} bytes of {segment} in RAM", segment);
        }
    }

    private static ShmException NoMemory(string function, int errno, string attempted, ShmSegment segment) =>
        NativeError.From(
            ShmErrorId.NoSpace, function, errno, attempted, "there is no memory for all of its pages",
            "", segment);
}
