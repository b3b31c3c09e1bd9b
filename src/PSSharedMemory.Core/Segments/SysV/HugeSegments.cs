using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// The System V segments that this process knows to be on huge pages. IPC_STAT and /proc/sysvipc/shm don't tell, and
/// attaching one to find out would touch it: so it is known of one that this process has made or mounted, and of one
/// that was found mapped, whose device tells.
/// </summary>
/// <remarks>
/// That a segment is on huge pages never changes, so what was once known stays true of it. Of others nothing is known,
/// and their status doesn't say HugePages.
/// </remarks>
internal static class HugeSegments
{
    // Of so many, the oldest will have been removed.
    private const int Most = 1024;

    private static readonly object Changing = new();
    private static readonly Dictionary<(long? Id, long? Namespace), ShmSegment> Known = [];
    private static readonly Queue<(long? Id, long? Namespace)> Order = new();
    private static volatile bool s_isAnyKnown;

    /// <summary>It was found to be on huge pages.</summary>
    /// <returns>The segment, whose status says so.</returns>
    public static ShmSegment Note(ShmSegment segment)
    {
        var key = (segment.Id, segment.NamespaceId);
        lock (Changing)
        {
            if (!Known.TryGetValue(key, out var known))
            {
                Order.Enqueue(key);
                if (Order.Count > Most)
                {
                    Known.Remove(Order.Dequeue());
                }
            }

            if (known is null || !known.IsSame(segment))
            {
                // What identity takes; the rest would only go stale.
                Known[key] = new ShmSegment
                {
                    Kind = ShmKind.SysV,
                    Id = segment.Id,
                    Size = segment.Size,
                    CreatorProcessId = segment.CreatorProcessId,
                    Namespace = segment.Namespace,
                    NamespaceId = segment.NamespaceId,
                };
                s_isAnyKnown = true;
            }
        }

        return new ShmSegment(segment) { Status = segment.Status | ShmSegmentStatus.HugePages };
    }

    /// <summary>The segment; its status says so where it is known.</summary>
    public static ShmSegment Marked(ShmSegment segment)
    {
        if (!s_isAnyKnown || segment.Kind != ShmKind.SysV)
        {
            return segment;
        }

        lock (Changing)
        {
            return Known.TryGetValue((segment.Id, segment.NamespaceId), out var known) && known.IsSame(segment)
                ? new ShmSegment(segment) { Status = segment.Status | ShmSegmentStatus.HugePages }
                : segment;
        }
    }
}
