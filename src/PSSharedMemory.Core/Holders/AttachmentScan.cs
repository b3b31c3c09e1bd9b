using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>The result of a pass over /proc, and what it could not see.</summary>
public sealed class AttachmentScan
{
    private readonly System.Lazy<ILookup<SegmentKey, ShmAttachment>> _bySegment;

    internal AttachmentScan(
        IReadOnlyList<ShmAttachment> attachments, ProcessScan scan, bool coversAll, ShmListing? listing)
    {
        Listing = listing ?? ShmListing.None;
        Attachments = attachments;
        ProcessCount = scan.ReadCount;
        UnreadableProcessIds = scan.UnreadableProcessIds;
        ForeignIpcProcessIds = scan.ForeignIpcProcessIds;
        ForeignMountProcessIds = scan.ForeignMountProcessIds;
        HidesProcesses = scan.View.HidesProcesses;
        IsPrivileged = scan.View.IsPrivileged;
        IsHostView = scan.View.IsHostPidNamespace;
        IsHostUser = scan.View.IsHostUserNamespace;
        CoversAll = coversAll;
        _bySegment = new(() => attachments.Where(static a => a.Segment is not null)
            .ToLookup(static a => SegmentKey.Of(a.Segment!)));
    }

    /// <summary>Mapped areas and descriptors, by process and address.</summary>
    public IReadOnlyList<ShmAttachment> Attachments { get; }

    /// <summary>How many processes were read.</summary>
    public int ProcessCount { get; }

    /// <summary>Processes that this user may not read: each may hold any segment.</summary>
    public IReadOnlyList<int> UnreadableProcessIds { get; }

    /// <summary>
    /// Processes in another IPC namespace: what System V segments they hold are not those that this process sees.
    /// </summary>
    public IReadOnlyList<int> ForeignIpcProcessIds { get; }

    /// <summary>Processes in another mount namespace: their /dev/shm may be another.</summary>
    public IReadOnlyList<int> ForeignMountProcessIds { get; }

    /// <summary>/proc is mounted with hidepid: there may be processes that it does not show to this user.</summary>
    public bool HidesProcesses { get; }

    /// <summary>
    /// Whether this user may look into other users' processes (CAP_SYS_PTRACE). Those that still cannot be read are
    /// shielded by the kernel even from root.
    /// </summary>
    public bool IsPrivileged { get; }

    /// <summary>
    /// Whether this is the host's first process namespace. From within a container, processes outside cannot be seen.
    /// </summary>
    public bool IsHostView { get; }

    /// <summary>
    /// Whether this is the host's first user namespace. In another one, users outside have no number, and root is not
    /// the host's.
    /// </summary>
    internal bool IsHostUser { get; }

    /// <summary>The segments that were listed before the pass; none where certain ones were asked for.</summary>
    public ShmListing Listing { get; }

    /// <summary>Whether all processes were asked for.</summary>
    public bool CoversAll { get; }

    /// <summary>Whether every process of this process namespace was read.</summary>
    public bool IsComplete => CoversAll && !HidesProcesses && UnreadableProcessIds.Count == 0;

    /// <summary>The attachments of one segment.</summary>
    public IEnumerable<ShmAttachment> Of(ShmSegment segment) => _bySegment.Value[SegmentKey.Of(segment)];
}
