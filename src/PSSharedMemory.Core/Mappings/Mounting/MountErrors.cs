using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Why a segment could not be attached.</summary>
internal static class MountErrors
{
    /// <summary>Where user space ends.</summary>
    public static nint UserSpaceEnd => (nint)1 << OwnAreas.AddressBits;

    /// <summary>shmat's EINVAL means "no such id", "something is there" or "not a valid place".</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="address">The requested address; 0 for anywhere.</param>
    /// <param name="errno">Of shmat(2).</param>
    public static ShmException OfAttach(ShmSegment segment, nint address, int errno)
    {
        var attempted = address == 0 ? $"mount {segment}" : $"mount {segment} at 0x{address:x}";
        if ((Errno)errno is not (Errno.EINVAL or Errno.ENOMEM) || address == 0)
        {
            return NativeError.From(nameof(Libc.shmat), errno, attempted, segment);
        }

        _ = SysVSegments.Stat(segment);
        return OfAddress(nameof(Libc.shmat), errno, attempted, segment, address, segment.Size);
    }

    /// <param name="segment">The segment.</param>
    /// <param name="protection">The requested protection.</param>
    /// <param name="address">The requested address; 0 for anywhere.</param>
    /// <param name="length">Bytes, in whole pages.</param>
    /// <param name="errno">Of mmap(2).</param>
    public static ShmException OfMap(ShmSegment segment, ShmProtection protection, nint address, long length, int errno)
    {
        var attempted = $"mount {length} bytes of {segment}" + (address == 0 ? "" : $" at 0x{address:x}");
        return (Errno)errno switch
        {
            Errno.ENOMEM when segment.Status.HasFlag(ShmSegmentStatus.HugePages) => NativeError.From(
                ShmErrorId.NoSpace, nameof(Libc.mmap), errno, attempted, "the pool has too few free huge pages",
                "sysctl vm.nr_hugepages fills the pool.", segment),
            Errno.EPERM when protection.HasFlag(ShmProtection.Write)
                && IsSealedAgainstWriting(segment) => NativeError.From(
                ShmErrorId.AccessDenied, nameof(Libc.mmap), errno, attempted, $"it is sealed against {segment.Seals}",
                "Mount it read-only.", segment),
            Errno.EPERM when protection.HasFlag(ShmProtection.Execute) => NativeError.From(
                ShmErrorId.AccessDenied, nameof(Libc.mmap), errno, attempted,
                "its file system is mounted without the right to run code (noexec)",
                "Mount it without Execute; a memfd or a System V segment has no such limit.", segment),
            Errno.ENOMEM or Errno.EINVAL or Errno.EPERM when address != 0 && address >= UserSpaceEnd - (nint)length =>
                OfAddress(nameof(Libc.mmap), errno, attempted, segment, address, length),
            _ => NativeError.From(nameof(Libc.mmap), errno, attempted, segment),
        };
    }

    private static bool IsSealedAgainstWriting(ShmSegment segment) =>
        (segment.Seals.GetValueOrDefault() & (ShmSeals.Write | ShmSeals.FutureWrite)) != 0;

    private static ShmException OfAddress(
        string function, int errno, string attempted, ShmSegment segment, nint address, long length)
    {
        var probe = AddressReservation.TryTake(address, (nint)length);
        if (probe == 0)
        {
            AddressReservation.Give(address, (nint)length);
        }

        if (probe == -(int)Errno.EEXIST)
        {
            return NativeError.From(
                ShmErrorId.AddressInUse, function, errno, attempted, "something is mapped there", "", segment);
        }

        // If the address itself is valid, the page size or something else is wrong.
        var isGood = probe == 0;
        return isGood && (Errno)errno == Errno.ENOMEM
            ? NativeError.From(function, errno, attempted, segment)
            : NativeError.From(
                ShmErrorId.InvalidAddress, function, errno, attempted,
                isGood ? "it is not aligned to the pages of the segment" : "a program cannot have a mapping there",
                "", segment);
    }
}
