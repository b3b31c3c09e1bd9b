using System;
using System.Linq;

namespace PSSharedMemory;

/// <summary>
/// Segments by where a process holds them: memfds, removed objects, memory without a name. What has a name comes back
/// as the segment of that name.
/// </summary>
public static class HeldSegments
{
    /// <summary>The segment behind a descriptor of a process.</summary>
    /// <param name="processId">The process; the same user's, or any for root (ptrace(2) access).</param>
    /// <param name="descriptor">The number in that process.</param>
    /// <exception cref="ShmException">
    /// SegmentNotFound, AccessDenied, NotSupportedByKind (it's no shared memory).
    /// </exception>
    public static ShmSegment FromDescriptor(int processId, int descriptor)
    {
        try
        {
            return MemFdSegments.FromProcess(processId, descriptor);
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.NotSupportedByKind)
        {
            var scan = ShmAttachments.Scan(null, [processId], withUsage: false);
            var attachment = scan.Attachments.FirstOrDefault(found =>
                found.Descriptor == descriptor && found.Segment is not null);
            if (attachment?.Segment is { } segment)
            {
                return segment;
            }

            throw;
        }
    }

    /// <summary>
    /// Whether a segment is another process' that this one has only been led to: nothing is open here yet.
    /// </summary>
    public static bool IsBorrowed(ShmSegment segment) => segment.IsBorrowed;

    /// <summary>Releases the descriptor of a memfd now, not when its last object is dropped.</summary>
    public static void Release(ShmSegment segment) => segment.Descriptor?.Dispose();

    /// <summary>The segment that a process has mapped at an address.</summary>
    /// <param name="processId">The process; to open what has no name takes root (CAP_CHECKPOINT_RESTORE).</param>
    /// <param name="address">Any address within the mapping, there.</param>
    /// <exception cref="ShmException">SegmentNotFound: no shared memory is mapped there; AccessDenied.</exception>
    public static ShmSegment FromAddress(int processId, long address)
    {
        var scan = ShmAttachments.Scan(null, [processId], withUsage: false);
        if (scan.UnreadableProcessIds.Count > 0)
        {
            throw new ShmException(
                ShmErrorId.AccessDenied,
                $"Cannot look into process {processId}: permission denied. Run as its user or as root.", processId);
        }

        var found = scan.Attachments.FirstOrDefault(
            found =>
                found is { Address: { } start, Length: { } length } && start <= address && address - start < length);
        return Of(found ?? throw new ShmException(
            ShmErrorId.SegmentNotFound,
            FormattableString.Invariant($"Process {processId} has no shared memory mapped at 0x{address:x}."),
            processId));
    }

    /// <summary>
    /// The segment of an attachment: by its name where that leads to it, else by the process that holds it.
    /// </summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound: it belongs to another namespace, and nothing is known of it.
    /// </exception>
    public static ShmSegment Of(ShmAttachment attachment) => attachment switch
    {
        { Segment: { Kind: ShmKind.MemFd } listed, Descriptor: { } descriptor } =>
            MemFdSegments.FromProcess(attachment.ProcessId, descriptor) is var held && held.IsSame(listed)
                ? held : throw ShmSegments.IdentityChanged(listed),
        { Segment: { } segment } => segment,
        _ => throw new ShmException(
            ShmErrorId.SegmentNotFound,
            $"{PrintableText.Of(attachment.Label)} belongs to another namespace ({attachment.Namespace}), and cannot be "
                + "looked up from here.",
            attachment),
    };
}
