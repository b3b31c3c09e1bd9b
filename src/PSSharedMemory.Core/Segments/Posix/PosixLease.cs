using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Asks the kernel whether anybody uses a POSIX object: a write lease (fcntl(2), F_SETLEASE) is only granted while no
/// other open file description exists. A mapping keeps one, and so does a descriptor in flight in a socket or in a
/// process that nobody may inspect, in any namespace. Reading /proc cannot prove as much. Only the owner, or a caller
/// with CAP_LEASE, may ask.
/// </summary>
internal sealed class PosixLease : IDisposable
{
    // Opening the file while the lease is held has to wait, and the holder gets a signal: one that is ignored by
    // default, since the usual SIGIO would end the process.
    private const int Sigurg = 23;

    private readonly DescriptorHandle _descriptor;

    private PosixLease(DescriptorHandle descriptor) => _descriptor = descriptor;

    /// <summary>
    /// Takes the lease. Null where it was not granted; <paramref name="isHeld"/> then is true where somebody holds the
    /// object, and null where this user cannot find out.
    /// </summary>
    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged.</exception>
    public static PosixLease? TryTake(ShmSegment segment, out bool? isHeld)
    {
        isHeld = null;
        var descriptor = TryOpen(segment);
        if (descriptor is null)
        {
            return null;
        }

        var lease = new PosixLease(descriptor);
        var status = Libc.fcntl(descriptor, Libc.F_SETLEASE, Libc.F_WRLCK);
        if (status >= 0)
        {
            isHeld = false;
            return lease;
        }

        if (status == -(int)Errno.EAGAIN)
        {
            isHeld = true;
        }

        lease.Dispose();
        return null;
    }

    /// <summary>
    /// Whether somebody holds the object; null where this user cannot find out. The lease is released in the next
    /// system call, since a non-blocking open in between is refused (EAGAIN).
    /// </summary>
    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged.</exception>
    public static bool? IsHeld(ShmSegment segment)
    {
        using var descriptor = TryOpen(segment);
        if (descriptor is null)
        {
            return null;
        }

        var status = Libc.fcntl(descriptor, Libc.F_SETLEASE, Libc.F_WRLCK);
        _ = Libc.fcntl(descriptor, Libc.F_SETLEASE, Libc.F_UNLCK);
        return status >= 0 ? false : status == -(int)Errno.EAGAIN ? true : null;
    }

    /// <summary>
    /// Whether somebody has tried to open the object since the lease was taken: the kernel makes them wait until it's
    /// released, and tells the holder.
    /// </summary>
    public bool IsContested => Libc.fcntl(_descriptor, Libc.F_GETLEASE, 0) != Libc.F_WRLCK;

    /// <summary>Closing the only descriptor releases the lease.</summary>
    public void Dispose() => _descriptor.Dispose();

    // Set the signal first: the default one would end this process when the lease is broken.
    private static DescriptorHandle? TryOpen(ShmSegment segment)
    {
        try
        {
            var descriptor = PosixSegments.Open(segment, Libc.O_RDONLY);
            _ = Libc.fcntl(descriptor, Libc.F_SETSIG, Sigurg);
            return descriptor;
        }
        catch (ShmException error) when (error.ErrorId is not (ShmErrorId.SegmentNotFound or ShmErrorId.IdentityChanged
            or ShmErrorId.LimitReached))
        {
            return null;
        }
    }
}
