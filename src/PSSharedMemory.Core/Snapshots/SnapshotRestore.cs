using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Restores a snapshot as a segment; on failure nothing of it stays.</summary>
internal static class SnapshotRestore
{
    public static ShmSegment Run(
        ShmSegmentSnapshot snapshot, SnapshotReader reader, ShmRestoreOptions options, IProgress<long>? checkProgress,
        CancellationToken cancellation)
    {
        var target = new RestoreTarget(snapshot.Segment, options);
        if (target.Kind == ShmKind.SysV)
        {
            RequireThatItStays(snapshot);
        }

        // What others can see is only filled with bytes that were checked before.
        var isChecked = target.Kind == ShmKind.SysV || options.Overwrite;
        if (isChecked)
        {
            reader.Check(checkProgress, cancellation);
        }

        var segment = Create(snapshot, reader, target, options, cancellation);
        if (segment.IsNew && target.Kind != ShmKind.SysV)
        {
            return segment;
        }

        try
        {
            if (segment.Size != snapshot.Segment.Size)
            {
                throw new ShmException(
                    ShmErrorId.SizeMismatch,
                    $"Cannot restore '{snapshot}' into {segment}: it has {segment.Size} bytes, and the snapshot "
                    + $"{snapshot.Segment.Size}. Existing segments are never resized.",
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
                ShmSegments.Remove(segment);
            }

            throw;
        }
    }

    private static ShmSegment Create(
        ShmSegmentSnapshot snapshot, SnapshotReader reader, RestoreTarget target, ShmRestoreOptions options,
        CancellationToken cancellation)
    {
        // What had all its pages gets them again.
        var old = snapshot.Segment;
        var isFile = target.Kind != ShmKind.SysV;
        var create = new ShmCreateOptions
        {
            Size = old.Size,
            Mode = isFile ? old.Mode : ShmCreateOptions.DefaultMode,
            AllowExisting = options.Overwrite,
            Sparse = isFile && (old.Allocated ?? 0) < old.Size,
            Seal = target.Kind == ShmKind.MemFd ? old.Seals ?? ShmSeals.None : ShmSeals.None,
        };
        return target.Kind switch
        {
            ShmKind.MemFd => MemFdSegments.Create(target.Name, create, Fill, cancellation),
            ShmKind.Posix => PosixCreation.Create(target.Name, create, Fill, cancellation),
            _ when target.Key is { } key => SysVSegments.Create(key, create, cancellation),
            _ => SysVSegments.CreatePrivate(create),
        };

        void Fill(DescriptorHandle descriptor)
        {
            if (create.Sparse)
            {
                FreeRoom.Require(descriptor, snapshot.Extents.Sum(static extent => extent.Length), target.Name);
            }

            reader.ReadAll(
                (offset, bytes) => NewFile.Write(descriptor, bytes.Span, offset, target.Name), options.Progress,
                cancellation);
            SetOwner(descriptor, old);
        }
    }

    /// <summary>Otherwise the kernel would destroy the segment with the detach after the copy.</summary>
    private static void RequireThatItStays(ShmSegmentSnapshot snapshot)
    {
        const string Setting = "/proc/sys/kernel/shm_rmid_forced";
        if (new HostFiles().ReadNumber(Setting) is 1)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot restore '{snapshot}' as a System V segment: this host destroys those that nobody has attached "
                + "(kernel.shm_rmid_forced is 1). Restore it under a POSIX name.",
                snapshot.Path);
        }
    }

    /// <summary>
    /// Copies front to back: if it fails, an existing segment is new up to some offset and old behind it. Nothing is
    /// touched before all the necessary pages are there.
    /// </summary>
    private static void Copy(
        ShmSegmentSnapshot snapshot, SnapshotReader reader, ShmMapping mapping, IProgress<long>? progress,
        CancellationToken cancellation)
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

    private static void Reserve(
        ShmSegment segment, IReadOnlyList<ShmRun> wanted, IReadOnlyList<ShmRun> existing,
        CancellationToken cancellation)
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
            SegmentSize.Reserve(
                descriptor, gap.Offset, gap.Offset + gap.Length, segment.ToString(), null, cancellation);
        }
    }

    /// <summary>Mode, owner and group, by name or else by number, as far as the kernel allows.</summary>
    private static ShmSegment SetPermissions(ShmSegment segment, ShmSegment old)
    {
        var user = Libc.getpwnam(old.Owner) ?? old.UserId;
        var group = Libc.getgrnam(old.Group) ?? old.GroupId;
        var change = new ShmSegmentChange
        {
            Mode = old.Mode,
            UserId = user == segment.UserId ? null : user,
            GroupId = group == segment.GroupId ? null : group,
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

    /// <summary>Owner and group by their names, else by their numbers; what this user may not give, stays.</summary>
    private static void SetOwner(DescriptorHandle descriptor, ShmSegment old)
    {
        const uint Unchanged = uint.MaxValue;
        var user = Libc.getpwnam(old.Owner) ?? old.UserId;
        var group = Libc.getgrnam(old.Group) ?? old.GroupId;
        if (Libc.fchownat(descriptor, user, group) < 0)
        {
            _ = Libc.fchownat(descriptor, Unchanged, group);
        }
    }
}
