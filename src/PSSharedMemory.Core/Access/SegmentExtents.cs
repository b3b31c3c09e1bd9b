using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Finds which parts of a segment have memory, so that the rest isn't read: reading a page that was never touched would
/// allocate it.
/// </summary>
internal static class SegmentExtents
{
    // What st_blocks counts.
    private const ulong BlockSize = 512;

    /// <summary>The parts; the whole segment where that cannot be known.</summary>
    /// <param name="mapping">Of the whole segment.</param>
    public static IReadOnlyList<ShmRun> Of(ShmMapping mapping)
    {
        if (mapping.Segment.Kind == ShmKind.SysV)
        {
            return TryOf(mapping, 0, mapping.Length, ExtentList.MostExtents) ?? Whole(mapping.Length);
        }

        using var descriptor = Open(mapping.Segment);
        return OfFile(descriptor, 0, mapping.Length, ExtentList.MostExtents) ?? Whole(mapping.Length);
    }

    /// <summary>
    /// The same of what a part of a mapping shows, in bytes from its beginning; null where that cannot be known:
    /// of huge pages the kernel calls all data, and copy-on-write has pages of its own.
    /// </summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="start">Where the part begins: bytes from the start of the mapping.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="most">
    /// How many at most. Each takes 16 bytes and stands for a page or more: only what is stored has to bound them.
    /// </param>
    /// <param name="unlessComplete">
    /// Whether to leave it at null where the object has all of its memory, reserved or touched: a look at each page
    /// takes a fifth of the time of a copy.
    /// </param>
    public static IReadOnlyList<ShmRun>? TryOf(
        ShmMapping mapping, long start, long length, int most = int.MaxValue, bool unlessComplete = false)
    {
        if (mapping.IsCopyOnWrite || mapping.PageSize != Environment.SystemPageSize)
        {
            return null;
        }

        using var descriptor = Open(mapping, start, length);
        if (descriptor.IsInvalid)
        {
            return mapping.Segment.Kind == ShmKind.SysV ? TryOfResidentPages(mapping, start, length, most) : null;
        }

        return unlessComplete && IsComplete(descriptor)
            ? null
            : OfFile(descriptor, mapping.Offset + start, length, most);
    }

    private static bool IsComplete(DescriptorHandle descriptor) =>
        Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data) >= 0
        && data.stx_blocks >= (data.stx_size + BlockSize - 1) / BlockSize;

    /// <summary>
    /// The same of a part of an open file, whose offset this moves; null where the file system doesn't tell.
    /// </summary>
    public static IReadOnlyList<ShmRun>? TryOfFile(SafeHandle file, long start, long length) =>
        OfFile(file, start, length, int.MaxValue);

    /// <summary>The same of an open file, whose offset this moves.</summary>
    public static IReadOnlyList<ShmRun> OfFile(SafeHandle file, long length) =>
        OfFile(file, 0, length, int.MaxValue) ?? Whole(length);

    private static ShmRun[] Whole(long length) => [new ShmRun(0, length)];

    /// <summary>
    /// A description of its own: seeking moves the offset, which others may share. An invalid handle if it cannot be
    /// had.
    /// </summary>
    private static DescriptorHandle Open(ShmMapping mapping, long start, long length)
    {
        // The lease keeps the descriptor open and the area where it is.
        using var lease = mapping.Lease(0, 0, ShmProtection.None);
        if (mapping.Descriptor is { } kept)
        {
            return MemFdSegments.Reopen(kept, Libc.O_RDONLY);
        }

        // shmat(2) leaves no descriptor, but the object can be had where it is mapped. Another mapping may have
        // replaced the first page.
        return mapping.Pages.Within(start, length)
            .FirstOrDefault(static region => region.State == ShmRegionState.Mapped) is { } own
            ? OwnAreas.OpenObjectAt(mapping.Start + (nint)own.Offset, mapping.Start, mapping.MappedLength)
            : new DescriptorHandle(-(int)Errno.ENOENT);
    }

    /// <summary>The same of a whole segment, or why not.</summary>
    private static DescriptorHandle Open(ShmSegment segment)
    {
        if (segment.Kind == ShmKind.Posix)
        {
            return PosixSegments.Open(segment, Libc.O_RDONLY);
        }

        if (segment.IsBorrowed)
        {
            return HeldObjects.Open(segment, Libc.O_RDONLY);
        }

        var reader = MemFdSegments.Reopen(MemFdSegments.Descriptor(segment), Libc.O_RDONLY);
        return reader.IsInvalid
            ? throw NativeError.From(nameof(Libc.open), reader.Errno, $"open {segment}", segment)
            : reader;
    }

    /// <summary>Those of a part of a file, in bytes from where the part begins.</summary>
    private static IReadOnlyList<ShmRun>? OfFile(SafeHandle descriptor, long start, long length, int most)
    {
        var extents = new ExtentList(most);
        for (long position = 0; position < length;)
        {
            var data = Libc.lseek(descriptor, start + position, Libc.SEEK_DATA);
            if (data == -(int)Errno.ENXIO)
            {
                break;
            }

            var hole = data < 0 ? data : Libc.lseek(descriptor, data, Libc.SEEK_HOLE);
            if (hole < 0 || hole <= start + position)
            {
                return null;
            }

            var first = Math.Min(data - start, length);
            position = hole - start;
            extents.Add(first, Math.Min(position, length) - first);
        }

        return extents.Runs;
    }

    /// <summary>
    /// What is in swap isn't in memory, and System V only says how much that is: if it's nothing, all is known.
    /// </summary>
    private static IReadOnlyList<ShmRun>? TryOfResidentPages(ShmMapping mapping, long start, long length, int most)
    {
        (long, long)[] there;
        using (mapping.Lease(0, 0, ShmProtection.None))
        {
            there =
            [
                .. mapping.Pages.Within(start, length)
                    .Where(static region => region.State != ShmRegionState.Hole)
                    .Select(static region => (region.Offset, region.Length)),
            ];
        }

        // Where all is in memory, nothing is in swap.
        if (PageResidency.Runs(mapping, there) is not { } resident
            || resident is [var all] && all.Offset <= start && all.Offset + all.Length >= start + length)
        {
            return null;
        }

        var before = SwappedIn();
        resident = IsSwapped(mapping.Segment) ? null : PageResidency.Runs(mapping, there);
        if (before is null || resident is null)
        {
            return null;
        }

        // Nor may a page go there meanwhile, or go there and come back.
        if (IsSwapped(mapping.Segment) || SwappedIn() != before)
        {
            return null;
        }

        var extents = new ExtentList(most);
        foreach (var (offset, bytes) in resident)
        {
            // Whole pages were looked at.
            var first = Math.Max(offset, start);
            extents.Add(first - start, Math.Min(offset + bytes, start + length) - first);
        }

        return extents.Runs;
    }

    /// <summary>Pages that have come back from swap since the host began; null where it doesn't say.</summary>
    private static ulong? SwappedIn()
    {
        const string Events = "/proc/vmstat";
        var files = new HostFiles();
        return files.ReadValue(Events, "pswpin"u8) is { } pages
            ? pages + (files.ReadValue(Events, "zswpin"u8) ?? 0) + (files.ReadValue(Events, "swpin_zero"u8) ?? 0)
            : null;
    }

    private static bool IsSwapped(ShmSegment segment)
    {
        try
        {
            return ShmSegments.Refresh(segment).Swap != 0;
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.IdentityChanged)
        {
            // Mounted in another namespace.
            return true;
        }
    }
}
