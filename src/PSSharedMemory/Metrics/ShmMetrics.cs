using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>The metrics of segments, holders and limits.</summary>
internal sealed class ShmMetrics
{
    private readonly MetricFamily _size = new(
        "shm_segment_size_bytes", "Bytes of a shared memory segment, as requested by its maker.", "bytes");

    private readonly MetricFamily _allocated = new(
        "shm_segment_allocated_bytes", "Bytes of a segment that are backed by memory or swap.", "bytes");

    private readonly MetricFamily _areas = new(
        "shm_segment_attached_areas", "Attached areas of a System V segment, as the kernel counts them.");

    private readonly MetricFamily _changed = new(
        "shm_segment_changed_timestamp_seconds", "When a segment was made, or its owner or mode last changed.",
        "seconds");

    private readonly MetricFamily _holders = new(
        "shm_segment_holders", "Processes that hold a segment; without a sample where that cannot be known.");

    private readonly MetricFamily _verdict = new(
        "shm_segment_verdict", "1 for the verdict on a segment: InUse, Unattached, RemovalPending or Unknown.");

    private readonly MetricFamily _orphan = new(
        "shm_segment_orphan", "1 for a segment that was judged an orphan, 0 for one that was judged not to be.");

    private readonly MetricFamily _segments = new("shm_holder_segments", "Segments that a process holds.");

    private readonly MetricFamily _mapped = new(
        "shm_holder_mapped_bytes", "Bytes of shared memory in the address space of a process.", "bytes");

    private readonly MetricFamily _held = new(
        "shm_holder_held_bytes", "Bytes of the segments that a process keeps alive.", "bytes");

    private readonly MetricFamily _pss = new(
        "shm_holder_pss_bytes", "Bytes in RAM, each page divided by the number of processes that map it.", "bytes");

    private readonly MetricFamily _limit = new(
        "shm_limit_value", "A limit on shared memory, in its unit; without a sample where there is none.");

    private readonly MetricFamily _use = new("shm_limit_use", "How much of a limit is used, in its unit.");

    private readonly MetricFamily _placeSegments = new(
        "shm_namespace_segments", "Segments in an IPC namespace, or on a file system of POSIX objects.");

    private readonly MetricFamily _placeUsed = new(
        "shm_namespace_used_bytes", "Bytes in use there; without a sample where that cannot be known.", "bytes");

    private readonly MetricFamily _placeSize = new(
        "shm_namespace_size_bytes", "Bytes that the file system may hold; without a sample where there is no limit.",
        "bytes");

    /// <summary>Adds a segment, and what a stat knows of its use.</summary>
    public void Add(ShmSegment segment, MetricLabels labels)
    {
        // The name alone need not tell segments apart: of those that are removed, or memfds, several can have the same.
        var own = labels.With("kind", segment.Kind)
            .With("name", segment.Name)
            .With("id", segment.Id)
            .With("key", segment.Key is null or 0 ? null : SysVKey.ToText(segment.Key.Value))
            .With("namespace", segment.Namespace)
            .With("inode", segment.Kind == ShmKind.SysV ? null : segment.Inode)
            .With("owner", segment.Owner)
            .With("origin", segment.Origin?.ToString());
        _size.Add(own, segment.Size);
        _allocated.Add(own, segment.Allocated);
        _areas.Add(own, segment.AttachCount);
        _changed.Add(own, segment.ChangeTime is { } changed
            ? Math.Round((changed.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds, 3)
            : null);
        if (segment is ShmStat stat)
        {
            _holders.Add(own, stat.HolderCount);
            _verdict.Add(own.With("verdict", stat.Verdict), 1);
            _orphan.Add(own, stat.IsOrphan is { } isOrphan ? (isOrphan ? 1 : 0) : null);
        }
    }

    /// <summary>Adds what a process holds.</summary>
    public void Add(ShmHolder holder, MetricLabels labels)
    {
        var own = labels.With("pid", holder.ProcessId).With("command", holder.Command).With("user", holder.User);
        _segments.Add(own, holder.SegmentCount);
        _mapped.Add(own, holder.MappedBytes);
        _held.Add(own, holder.HeldBytes);
        _pss.Add(own, holder.Pss);
    }

    /// <summary>Adds a limit.</summary>
    public void Add(ShmLimit limit, MetricLabels labels)
    {
        var own = labels.With("limit", limit.Name).With("unit", limit.Unit.ToLowerInvariant())
            .With("namespace", limit.Namespace);
        _limit.Add(own, limit.Value);
        _use.Add(own, limit.Use);
    }

    /// <summary>Adds a namespace, with the containers and pods that share it.</summary>
    public void Add(ShmNamespace place, MetricLabels labels)
    {
        var own = labels.With("kind", place.Kind).With("namespace", place.Namespace)
            .With("container", string.Join(',', place.Container)).With("pod", string.Join(',', place.Pod));
        _placeSegments.Add(own, place.SegmentCount);
        _placeUsed.Add(own, place.Bytes);
        _placeSize.Add(own, place.Size);
    }

    /// <summary>The text, line by line.</summary>
    public IEnumerable<string> Lines() => new[]
    {
        _size, _allocated, _areas, _changed, _holders, _verdict, _orphan, _segments, _mapped, _held, _pss, _limit, _use,
        _placeSegments, _placeUsed, _placeSize,
    }.SelectMany(static family => family.Lines()).Append(MetricText.End);
}
