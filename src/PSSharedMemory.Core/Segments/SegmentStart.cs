using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The first bytes of a POSIX object, looked at without leaving a trace: the time of its last access, by which orphans are
/// judged, stays as it is. Where the kernel only lets the owner do that, others see nothing.
/// </summary>
internal static class SegmentStart
{
    /// <summary>The bytes, at most a page; null where they cannot be read so, or another object has taken the name.</summary>
    public static unsafe byte[]? Read(ShmSegment segment)
    {
        if (segment is not { Kind: ShmKind.Posix, Name: { } name, Inode: { } inode, Device: not null }
            || (segment.Status & ShmSegmentStatus.RemovalPending) != 0 || !PosixName.TryToPath(name, out var path))
        {
            return null;
        }

        var flags = Libc.O_RDONLY | Libc.O_NOATIME | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_NOCTTY;
        fixed (byte* pointer = path)
        {
            using var descriptor = new DescriptorHandle(Libc.openat(Libc.AT_FDCWD, pointer, flags));
            if (descriptor.IsInvalid
                || Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data) < 0
                || (data.stx_mode & Libc.S_IFMT) != Libc.S_IFREG
                || data.stx_ino != inode || SegmentDescription.DeviceNumber(data) != segment.Device)
            {
                return null;
            }

            var buffer = new byte[(int)System.Math.Min(data.stx_size, ShmOriginMagic.Reach)];
            fixed (byte* start = buffer)
            {
                var count = Libc.pread(descriptor, (nint)start, (nuint)buffer.Length, 0);
                return count < 0 ? null : buffer[..(int)count];
            }
        }
    }
}
