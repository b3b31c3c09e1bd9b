using System.Runtime.InteropServices;

namespace PSSharedMemory;

/// <summary>
/// What the bytes of a sem_t said at one moment. Nothing was entered or written to look; others may have changed it
/// since.
/// </summary>
public sealed class ShmSemaphoreInfo
{
    private ShmSemaphoreInfo(ShmMapping mapping, long offset, long data)
    {
        Segment = mapping.Segment;
        Offset = offset;
        Count = GlibcSemaphore.CountOf(data);
        Waiters = GlibcSemaphore.WaitersOf(data);
    }

    /// <summary>The segment that it lies in.</summary>
    public ShmSegment Segment { get; }

    /// <summary>Bytes from the start of the mapping.</summary>
    public long Offset { get; }

    /// <summary>How many times it can be entered without waiting.</summary>
    public int Count { get; }

    /// <summary>How many wait. A waiter that was killed still counts.</summary>
    public int Waiters { get; }

    /// <summary>Looks at the semaphore at an offset.</summary>
    /// <exception cref="ShmException">
    /// InvalidStructure, PlatformNotSupported, MappingDismounted, OutOfRange, InvalidOffset, PageNotMapped,
    /// PageProtected, SegmentTruncated.
    /// </exception>
    public static unsafe ShmSemaphoreInfo Look(ShmMapping mapping, long offset)
    {
        GlibcLayout.RequireSemaphore();
        SyncAccess.CheckAligned(mapping, offset, GlibcSemaphore.Alignment);
        var bytes = MemoryMarshal.Read<GlibcSemaphore>(mapping.Reader.ReadBytes(offset, GlibcSemaphore.Size));
        return GlibcSemaphore.IsUsable(&bytes)
            ? new ShmSemaphoreInfo(mapping, offset, bytes.Data)
            : throw new ShmException(
                ShmErrorId.InvalidStructure,
                $"No semaphore at offset {offset} of {mapping.Segment}: none was made there, or it isn't shared between "
                    + "processes.",
                mapping);
    }

    /// <summary>"semaphore at offset 64 of /name: count 1, waiters 0".</summary>
    public override string ToString() => $"semaphore at offset {Offset} of {Segment}: count {Count}, waiters {Waiters}";
}
