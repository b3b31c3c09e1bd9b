using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Reads from /proc who holds shared memory.</summary>
public static class ShmAttachments
{
    /// <summary>
    /// Reads the maps and descriptors of processes. Those that may not be read are counted, never passed over.
    /// </summary>
    /// <param name="segments">The segments that matter, or null for all shared memory of the host.</param>
    /// <param name="processIds">The processes to read, or null for all.</param>
    /// <param name="withUsage">
    /// Whether to read Rss, Pss and Swap too, which takes longer; null reads them when they are first asked for.
    /// </param>
    /// <param name="progress">Receives the progress of the pass.</param>
    /// <param name="cancellation">Ends the pass.</param>
    public static AttachmentScan Scan(
        IReadOnlyCollection<ShmSegment>? segments = null,
        IReadOnlyList<int>? processIds = null,
        bool? withUsage = true,
        ShmScanProgress? progress = null,
        CancellationToken cancellation = default)
    {
        var listing = segments is null ? ShmListing.Read() : null;
        var index = new SegmentIndex(segments ?? listing!.Segments);
        var scan = ProcessScanner.Run(
            new ProcessScanRequest
            {
                ProcessIds = processIds,
                Filter = segments is null ? null : index.Contains,
                IsKnown = index.Contains,
                // What maps an object of another /dev/shm need not have that one mounted itself: this process doesn't.
                PosixDevices = index.Segments.Concat(LiveMappings.All.Select(static mapping => mapping.Segment))
                    .Where(static segment => segment is { Kind: ShmKind.Posix, Namespace: not null, Device: not null })
                    .Select(static segment => segment.Device!.Value).ToHashSet(),
                Usage = withUsage == true,
            },
            progress,
            cancellation);
        var attachments = AttachmentBuilder.Build(
            scan, index, readsUsageLater: withUsage is null, listsForeign: segments is null);
        // Asked for certain segments: the same id in another IPC namespace is another segment.
        if (segments is not null)
        {
            attachments.RemoveAll(static attachment => attachment.Segment is null);
        }

        return new AttachmentScan(attachments, scan, processIds is null, listing);
    }
}
