using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>The segments of a host by what /proc calls them: the id, or device and inode.</summary>
internal sealed class SegmentIndex
{
    private readonly Dictionary<SegmentKey, ShmSegment> _segments = [];
    private readonly HashSet<ulong> _ids = [];

    /// <summary>Makes an index of segments that were listed.</summary>
    public SegmentIndex(IEnumerable<ShmSegment> segments)
    {
        foreach (var segment in segments)
        {
            Add(segment);
        }
    }

    /// <summary>Makes an index of everything on this host; where one family does not exist, of the other.</summary>
    /// <exception cref="ShmException">
    /// A family exists and cannot be listed: LimitReached, AccessDenied, PlatformNotSupported.
    /// </exception>
    public static SegmentIndex OfHost() => new(ShmSegments.List());

    /// <summary>All segments, in the order they were added.</summary>
    public IReadOnlyCollection<ShmSegment> Segments => _segments.Values;

    /// <summary>
    /// Whether it may hold the segment behind an area: of System V, one that has the id in any namespace.
    /// </summary>
    public bool Contains(ShmAreaKind kind, ulong device, ulong inode) =>
        kind == ShmAreaKind.SysV ? _ids.Contains(inode) : _segments.ContainsKey(SegmentKey.Of(kind, device, inode));

    /// <summary>The segment behind an area, or null; the place as <see cref="SegmentKey"/> has it.</summary>
    public ShmSegment? Find(ShmAreaKind kind, ulong place, ulong inode) =>
        _segments.GetValueOrDefault(SegmentKey.Of(kind, place, inode));

    /// <summary>Adds one; of two names of one inode the first stays.</summary>
    public void Add(ShmSegment segment)
    {
        var key = SegmentKey.Of(segment);
        _ = _segments.TryAdd(key, segment);
        if (key.Kind == ShmAreaKind.SysV)
        {
            _ = _ids.Add(key.Inode);
        }
    }
}
