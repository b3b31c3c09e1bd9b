using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The first bytes of a POSIX object, read without a trace: the access time, by which orphans are judged, stays as it
/// is. The kernel only lets the owner do that; others see nothing.
/// </summary>
internal static class SegmentStart
{
    /// <summary>
    /// The bytes, at most a page; null if they cannot be read that way, or another object has taken the name.
    /// </summary>
    public static unsafe byte[]? Read(ShmSegment segment)
    {
        if (segment is not { Kind: ShmKind.Posix, Name: not null, Device: not null, IsRemoved: false })
        {
            return null;
        }

        using var descriptor = TryOpen(segment);
        if (descriptor is null
            || Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data) < 0
            || (data.stx_mode & Libc.S_IFMT) != Libc.S_IFREG
            || data.stx_ino != segment.Inode || SegmentDescription.DeviceNumber(data) != segment.Device)
        {
            return null;
        }

        var buffer = new byte[(int)Math.Min(data.stx_size, ShmOriginMagic.Reach)];
        fixed (byte* start = buffer)
        {
            var count = Libc.pread(descriptor, (nint)start, (nuint)buffer.Length, 0);
            return count < 0 ? null : buffer[..(int)count];
        }
    }

    private static DescriptorHandle? TryOpen(ShmSegment segment)
    {
        try
        {
            using var system = PosixFileSystem.OpenOf(segment);
            var descriptor = system.Open(PosixSegments.NameOf(segment), Libc.O_RDONLY | Libc.O_NOATIME);
            return descriptor.IsInvalid ? null : descriptor;
        }
        catch (ShmException)
        {
            // Not a possible name, or no /dev/shm: nothing to read.
            return null;
        }
    }
}
