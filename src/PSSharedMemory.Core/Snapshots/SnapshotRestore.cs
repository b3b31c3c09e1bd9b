using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Makes a segment of a snapshot; where that fails, nothing of it stays.</summary>
internal static class SnapshotRestore
{
    public static ShmSegment Run(ShmSegmentSnapshot snapshot, SnapshotReader reader, ShmRestoreOptions options, CancellationToken cancellation)
    {
        var segment = Create(snapshot.Segment, options, cancellation);
        try
        {
            if (segment.Size != snapshot.Segment.Size)
            {
                throw new ShmException(
                    ShmErrorId.SizeMismatch,
                    $"Cannot restore '{snapshot}' into {segment}: it has {segment.Size} bytes, and the snapshot {snapshot.Segment.Size}. Existing segments are never resized.",
                    segment);
            }

            using (var mapping = ShmMapping.Mount(segment))
            {
                Copy(snapshot, reader, mapping, options.Progress, cancellation);
            }

            return segment.IsNew ? SetPermissions(segment, snapshot.Segment) : ShmSegments.Refresh(segment);
        }
        catch
        {
            if (segment.IsNew)
            {
                RemoveNew(segment);
            }

            throw;
        }
    }

    private static ShmSegment Create(ShmSegment old, ShmRestoreOptions options, CancellationToken cancellation)
    {
        // Until it is whole it is the owner's alone, and its owner may write; what had all its pages gets them again.
        var isSysV = options.Key is not null || options.Private || (old.Kind == ShmKind.SysV && options.Name is null && !options.Anonymous);
        var create = new ShmCreateOptions
        {
            Size = old.Size,
            AllowExisting = options.Overwrite,
            Sparse = !isSysV && (old.Allocated ?? 0) < old.Size,
        };
        if (options.Anonymous || (!isSysV && options.Name is null && old.Kind == ShmKind.MemFd))
        {
            return MemFdSegments.Create(old.Kind == ShmKind.MemFd ? old.Name ?? "" : $"{old}", create, cancellation);
        }

        if (!isSysV)
        {
            return PosixSegments.Create(options.Name ?? old.Name ?? "", create, cancellation);
        }

        return options.Private || (options.Key is null && old.Key is null or 0)
            ? SysVSegments.CreatePrivate(create)
            : SysVSegments.Create(options.Key ?? old.Key!.Value, create);
    }

    /// <summary>
    /// From the start to the end, so that where it fails an existing segment is new up to one place and old behind it.
    /// Nothing is touched before all pages that it takes are there.
    /// </summary>
    private static void Copy(
        ShmSegmentSnapshot snapshot, SnapshotReader reader, ShmMapping mapping, IProgress<long>? progress, CancellationToken cancellation)
    {
        var existing = mapping.Segment.IsNew ? [] : SegmentExtents.Of(mapping);
        if (mapping.Segment is { IsNew: false, Kind: ShmKind.Posix })
        {
            Reserve(mapping.Segment, snapshot.Extents, existing, cancellation);
        }

        var old = new ExtentCursor(existing);
        var position = 0L;
        foreach (var extent in snapshot.Extents)
        {
            Clear(position, extent.Offset);
            reader.CopyTo(mapping, extent, progress, cancellation);
            position = extent.Offset + extent.Length;
        }

        Clear(position, mapping.Length);

        // What has no memory reads as zeros already.
        void Clear(long from, long to) => old.ForEachOverlap(from, to - from, (offset, length) =>
        {
            using var range = ShmRange.Of(mapping, offset, length);
            range.Fill([0], null, cancellation);
        });
    }

    private static void Reserve(ShmSegment segment, IReadOnlyList<ShmRun> wanted, IReadOnlyList<ShmRun> existing, CancellationToken cancellation)
    {
        using var descriptor = PosixSegments.Open(segment, Libc.O_RDWR);
        var gaps = new List<ShmRun>();
        var cursor = new ExtentCursor(existing);
        foreach (var extent in wanted)
        {
            cursor.ForEachGap(extent.Offset, extent.Length, (offset, length) => gaps.Add(new ShmRun(offset, length)));
        }

        if (gaps.Count > 0)
        {
            FreeRoom.Require(descriptor, gaps.Sum(static gap => gap.Length), segment.ToString());
        }

        foreach (var gap in gaps)
        {
            SegmentSize.Reserve(descriptor, gap.Offset, gap.Offset + gap.Length, segment.ToString(), null, cancellation);
        }
    }

    /// <summary>Mode, seals, and the owner and group by their names, else by their numbers, as far as the kernel allows it.</summary>
    private static ShmSegment SetPermissions(ShmSegment segment, ShmSegment old)
    {
        var user = Libc.getpwnam(old.Owner) ?? old.UserId;
        var group = Libc.getgrnam(old.Group) ?? old.GroupId;
        var change = new ShmSegmentChange
        {
            Mode = old.Mode,
            UserId = user == segment.UserId ? null : user,
            GroupId = group == segment.GroupId ? null : group,
            Seal = segment.Kind == ShmKind.MemFd ? old.Seals ?? ShmSeals.None : ShmSeals.None,
        };
        return TryApply(segment, change)
            ?? TryApply(segment, change with { UserId = null })
            ?? SegmentChanges.Apply(segment, change with { UserId = null, GroupId = null });
    }

    /// <summary>Null where this user may not, or the ids mean nothing here.</summary>
    private static ShmSegment? TryApply(ShmSegment segment, ShmSegmentChange change)
    {
        try
        {
            return SegmentChanges.Apply(segment, change);
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.AccessDenied or ShmErrorId.NativeCallFailed)
        {
            return null;
        }
    }

    private static void RemoveNew(ShmSegment segment)
    {
        if (segment.Kind == ShmKind.MemFd)
        {
            segment.Descriptor?.Dispose();
        }
        else
        {
            ShmSegments.Remove(segment);
        }
    }
}
