using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Finds which parts of a segment have memory, so that the rest isn't read: reading a page that was never touched would
/// allocate it.
/// </summary>
internal static class SegmentExtents
{
    /// <summary>The parts; the whole segment where that can't be known.</summary>
    /// <param name="mapping">Of the whole segment.</param>
    public static IReadOnlyList<ShmRun> Of(ShmMapping mapping)
    {
        if (mapping.Segment.Kind != ShmKind.SysV)
        {
            using var descriptor = Open(mapping.Segment);
            return OfFile(descriptor, mapping.Length);
        }

        // What is in swap isn't in memory, and mincore(2) says no more: then everything is read.
        return MemoryInfo.Read(new HostFiles()).SwapTotal != 0 ? Whole(mapping.Length) : OfResidentPages(mapping);
    }

    /// <summary>
    /// The same of what a mapping shows of a file, in bytes from its start; null where that can't be known, and for
    /// copy-on-write, which has pages of its own.
    /// </summary>
    public static IReadOnlyList<ShmRun>? TryOf(ShmMapping mapping)
    {
        if (mapping.IsCopyOnWrite || mapping.Descriptor is not { } kept)
        {
            return null;
        }

        using var descriptor = MemFdSegments.Reopen(kept, Libc.O_RDONLY);
        if (descriptor.IsInvalid)
        {
            return null;
        }

        return OfFile(descriptor, mapping.Offset + mapping.Length)
            .Where(run => run.Offset + run.Length > mapping.Offset)
            .Select(run => new ShmRun(
                Math.Max(0, run.Offset - mapping.Offset),
                run.Offset + run.Length - Math.Max(run.Offset, mapping.Offset)))
            .ToArray();
    }

    private static ShmRun[] Whole(long length) => [new ShmRun(0, length)];

    /// <summary>A description of its own: seeking moves the offset, which others may share.</summary>
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

    private static IReadOnlyList<ShmRun> OfFile(DescriptorHandle descriptor, long length)
    {
        var extents = new ExtentList();
        for (long position = 0; position < length;)
        {
            var data = Libc.lseek(descriptor, position, Libc.SEEK_DATA);
            if (data == -(int)Errno.ENXIO)
            {
                break;
            }

            var hole = data < 0 ? data : Libc.lseek(descriptor, data, Libc.SEEK_HOLE);
            if (hole < 0)
            {
                return Whole(length);
            }

            extents.Add(Math.Min(data, length), Math.Min(hole, length) - Math.Min(data, length));
            position = hole;
        }

        return extents.Runs;
    }

    private static ShmRun[] OfResidentPages(ShmMapping mapping) =>
        PageResidency.Runs(mapping, 0, mapping.Length)
            ?.Select(static run => new ShmRun(run.Offset, run.Length)).ToArray()
        ?? Whole(mapping.Length);
}
