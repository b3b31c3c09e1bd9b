namespace PSSharedMemory;

/// <summary>
/// What /proc calls a segment: device and inode, or for System V the id, with the inode of the IPC namespace in the
/// place of the device; 0 there is this process' own.
/// </summary>
internal readonly record struct SegmentKey(ShmAreaKind Kind, ulong Device, ulong Inode)
{
    /// <summary>The key of a segment.</summary>
    public static SegmentKey Of(ShmSegment segment) => segment.Kind switch
    {
        ShmKind.SysV => new SegmentKey(
            ShmAreaKind.SysV, IpcNamespace.InodeOf(segment.Namespace), (ulong)SysVSegments.IdOf(segment)),
        ShmKind.Posix => new SegmentKey(ShmAreaKind.Posix, segment.Device ?? 0, segment.Inode ?? 0),
        ShmKind.Anonymous => new SegmentKey(ShmAreaKind.Anonymous, segment.Device ?? 0, segment.Inode ?? 0),
        _ => new SegmentKey(ShmAreaKind.MemFd, segment.Device ?? 0, segment.Inode ?? 0),
    };

    /// <summary>
    /// The key of what is behind an area. One device holds System V ids, memfds and more: the kind counts too.
    /// </summary>
    /// <param name="kind">The kind.</param>
    /// <param name="place">The device; of System V the inode of the IPC namespace, 0 for this process' own.</param>
    /// <param name="inode">The inode; of System V the id.</param>
    public static SegmentKey Of(ShmAreaKind kind, ulong place, ulong inode) => new(kind, place, inode);
}
