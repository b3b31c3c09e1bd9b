using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A snapshot of shared memory: all segments, and what this process holds. Anything new later is a leak.
/// </summary>
public sealed class ShmLeakBaseline
{
    private readonly DateTime _time = DateTime.UtcNow;
    private readonly Dictionary<SegmentKey, ShmSegment> _segments = [];
    private readonly HashSet<(int Process, ulong Device, ulong Inode, long Place)> _held = [];
    private readonly Dictionary<ShmKind, ShmException> _unlisted = [];
    private readonly HashSet<int> _processes;

    private ShmLeakBaseline(HashSet<int> processes) => _processes = processes;

    /// <summary>
    /// Why segments of a family are not among the leaks: it could not be listed, before or since. What this process and
    /// its children hold of it is found all the same.
    /// </summary>
    public IReadOnlyDictionary<ShmKind, ShmException> Unlisted => _unlisted;

    /// <summary>Takes one. Dropped mappings are released first, so they don't count.</summary>
    public static ShmLeakBaseline Take()
    {
        Settle();
        var baseline = new ShmLeakBaseline([.. ProcessTree.ReadParents().Keys]);
        foreach (var segment in baseline.List())
        {
            baseline._segments[SegmentKey.Of(segment)] = segment;
        }

        foreach (var attachment in Held([Environment.ProcessId]))
        {
            baseline._held.Add(PlaceOf(attachment));
        }

        return baseline;
    }

    /// <summary>What this process, and those it has started, have left since then.</summary>
    /// <param name="descendants">Processes known to have been started since, including ended ones.</param>
    /// <param name="cancellation">Ends the pass.</param>
    public IReadOnlyList<ShmLeak> FindLeaks(
        IReadOnlySet<int>? descendants = null, CancellationToken cancellation = default)
    {
        Settle();
        HashSet<int> children = [.. descendants ?? new HashSet<int>()];
        var parents = ProcessTree.ReadParents();
        children.UnionWith(
            ProcessTree.Descendants(parents, Environment.ProcessId).Where(id => !_processes.Contains(id)));

        var now = List();
        List<ShmSegment> added =
            [.. now.Where(segment => !_unlisted.ContainsKey(segment.Kind) && IsNew(segment))];
        var scan = ShmAttachments.Scan(added, null, withUsage: false, cancellation: cancellation);
        List<ShmLeak> leaks = [];
        foreach (var segment in added)
        {
            if (OriginOf(segment, scan, children, parents) is { } origin)
            {
                leaks.Add(OfSegment(segment, origin));
            }
        }

        int[] holders = [Environment.ProcessId, .. children.Where(parents.ContainsKey)];
        foreach (var attachment in Held(holders))
        {
            if (attachment.ProcessId != Environment.ProcessId || !_held.Contains(PlaceOf(attachment)))
            {
                leaks.Add(OfAttachment(attachment));
            }
        }

        return leaks;
    }

    private IReadOnlyList<ShmSegment> List()
    {
        var listing = ShmListing.Read();
        foreach (var (family, error) in listing.Failures)
        {
            _ = _unlisted.TryAdd(family, error);
        }

        return listing.Segments;
    }

    private static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static IEnumerable<ShmAttachment> Held(int[] processIds) =>
        ShmAttachments.Scan(null, processIds, withUsage: false).Attachments
            .Where(static attachment => !attachment.IsRuntimeCode());

    // A descriptor is identified by its number, a mapping by its address. The object counts too, for both can be used
    // again.
    private static (int, ulong, ulong, long) PlaceOf(ShmAttachment attachment)
    {
        var segment = attachment.Segment;
        var key = segment is null ? default : SegmentKey.Of(segment);
        return (attachment.ProcessId, key.Device, key.Inode, attachment.Address ?? -1 - attachment.Descriptor!.Value);
    }

    private bool IsNew(ShmSegment segment) =>
        !_segments.TryGetValue(SegmentKey.Of(segment), out var before)
        || !before.IsSame(segment)
        || (segment.Kind == ShmKind.Posix && before.Name != segment.Name);

    // Null: somebody else's, made at the same time.
    private ShmLeakOrigin? OriginOf(
        ShmSegment segment, AttachmentScan scan, HashSet<int> children, Dictionary<int, int> parents)
    {
        if (segment.CreatorProcessId is { } creator)
        {
            if (creator == Environment.ProcessId)
            {
                return ShmLeakOrigin.ThisProcess;
            }

            if (children.Contains(creator))
            {
                return ShmLeakOrigin.ChildProcess;
            }
            // A creator that ran before the start, or still runs, isn't a child.
            if (_processes.Contains(creator) || parents.ContainsKey(creator))
            {
                return null;
            }
        }

        var isHeld = false;
        foreach (var attachment in scan.Of(segment))
        {
            if (attachment.ProcessId == Environment.ProcessId)
            {
                return ShmLeakOrigin.ThisProcess;
            }

            if (children.Contains(attachment.ProcessId))
            {
                return ShmLeakOrigin.ChildProcess;
            }

            isHeld = true;
        }

        // Held only by processes that are known to be others'.
        if (isHeld)
        {
            return null;
        }

        var user = Libc.geteuid();
        var isTheirs = segment.UserId != user && user != 0;
        return isTheirs || segment.ChangeTime < _time.AddSeconds(-2) ? null : ShmLeakOrigin.Unknown;
    }

    private static ShmLeak OfSegment(ShmSegment segment, ShmLeakOrigin origin) => new()
    {
        Kind = ShmLeakKind.Segment,
        Origin = origin,
        Segment = segment,
        Label = segment.ToString(),
        ProcessId = segment.CreatorProcessId ?? (origin == ShmLeakOrigin.ThisProcess ? Environment.ProcessId : null),
        Length = segment.Size,
    };

    private static ShmLeak OfAttachment(ShmAttachment attachment) => new()
    {
        Kind = attachment.Address is null ? ShmLeakKind.Descriptor : ShmLeakKind.Mapping,
        Origin = attachment.ProcessId == Environment.ProcessId ? ShmLeakOrigin.ThisProcess : ShmLeakOrigin.ChildProcess,
        Segment = attachment.Segment,
        Label = attachment.Label,
        ProcessId = attachment.ProcessId,
        Address = attachment.Address,
        Descriptor = attachment.Descriptor,
        Length = attachment.Length,
    };
}
