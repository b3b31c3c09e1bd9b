using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The kernel's own word on whether anybody uses a POSIX object: a write lease (fcntl(2), F_SETLEASE) is granted only
/// while no other open description of the file exists. A mapping keeps one, and so does a descriptor that is under way
/// in a socket or belongs to a process that nobody may look into, in whatever namespace. No reading of /proc proves as
/// much. Only the owner, or a caller with CAP_LEASE, may ask.
/// </summary>
internal sealed class PosixLease : IDisposable
{
    // An open of the file while the lease is held has to wait, and the holder gets a signal: one whose default is
    // to do nothing, for the usual SIGIO would end the process.
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
    /// Whether somebody holds the object; null where this user cannot find out. The lease is given back in the next
    /// system call: a non-blocking open in between is refused (EAGAIN), and that must be next to
    /// never.
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
    /// Whether somebody has begun to open the object since the lease was taken: the kernel makes that one wait until
    /// the lease is given back, and tells it to the holder.
    /// </summary>
    public bool IsContested => Libc.fcntl(_descriptor, Libc.F_GETLEASE, 0) != Libc.F_WRLCK;

    /// <summary>Closing the only descriptor of the description gives the lease back.</summary>
    public void Dispose() => _descriptor.Dispose();

    // The signal comes first: that of a lease which is asked back would end this process by default.
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
