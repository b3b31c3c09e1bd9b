namespace PSSharedMemory;

/// <summary>What /proc calls a segment: the id for System V, device and inode for all else.</summary>
internal readonly record struct SegmentKey(ShmAreaKind Kind, ulong Device, ulong Inode)
{
    /// <summary>The key of a segment.</summary>
    public static SegmentKey Of(ShmSegment segment) => segment.Kind switch
    {
        ShmKind.SysV => new SegmentKey(ShmAreaKind.SysV, 0, (ulong)SysVSegments.IdOf(segment)),
        ShmKind.Posix => new SegmentKey(ShmAreaKind.Posix, segment.Device ?? 0, segment.Inode ?? 0),
        _ => new SegmentKey(ShmAreaKind.MemFd, segment.Device ?? 0, segment.Inode ?? 0),
    };

    /// <summary>The key of what stands behind an area. One device holds System V ids, memfds and more: the kind counts too.</summary>
    public static SegmentKey Of(ShmAreaKind kind, ulong device, ulong inode) =>
        new(kind, kind == ShmAreaKind.SysV ? 0 : device, inode);
}
