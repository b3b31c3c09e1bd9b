using System;
using System.Collections.Generic;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Resizes a POSIX object or a memfd, and this process' mappings with it.</summary>
public static class SegmentResize
{
    /// <summary>
    /// Resizes. What is added is reserved and 0; what is cut off is lost for everybody. Mappings of this process that
    /// reach to the end of the object go on doing so, and may lie at another address afterwards; none reaches beyond
    /// the end. Those of other processes stay as they are. Its own size gives back pages beyond the end, which a
    /// process that was killed while it made the object larger has left.
    /// </summary>
    /// <param name="segment">From a listing, however old.</param>
    /// <param name="size">Bytes, 1 or more.</param>
    /// <param name="progress">Receives the number of bytes reserved so far.</param>
    /// <param name="sparse">Whether added pages are only allocated on first use.</param>
    /// <param name="cancellation">Stops reserving; what was reserved is given back.</param>
    /// <exception cref="ShmException">
    /// SegmentNotFound, IdentityChanged, AccessDenied (mode, or sealed), InvalidSize, NoSpace, NotSupportedByKind.
    /// </exception>
    public static ShmResizeResult Resize(
        ShmSegment segment, long size, IProgress<long>? progress = null, bool sparse = false,
        CancellationToken cancellation = default)
    {
        Check(segment, size);
        var isMemFd = segment.Kind == ShmKind.MemFd;
        var descriptor = isMemFd ? MemFdSegments.Descriptor(segment) : PosixSegments.Open(segment, Libc.O_RDWR);
        try
        {
            var before = Look(segment, descriptor);
            var from = before.Size;
            SegmentSize.CheckHuge(
                size, before.Status.HasFlag(ShmSegmentStatus.HugePages)
                    ? SegmentDescription.HugePageSize(descriptor)
                    : 0, segment.ToString());
            if (size > from)
            {
                // This may take a while and affects no mapping.
                SegmentSize.Grow(descriptor, from, size, !sparse, segment.ToString(), progress, cancellation);
            }
            else if (size == from && before.Allocated > size)
            {
                SegmentSize.Trim(descriptor, size);
            }

            return FollowAll(segment, descriptor, () =>
            {
                if (size < from)
                {
                    SegmentSize.Shrink(descriptor, size, segment.ToString());
                }
            });
        }
        finally
        {
            if (!isMemFd)
            {
                descriptor.Dispose();
            }
        }
    }

    private static void Check(ShmSegment segment, long size)
    {
        var why = segment.Kind switch
        {
            ShmKind.SysV => "a System V segment keeps its size for life.",
            ShmKind.Anonymous => "memory without a name keeps the size that its maker mapped.",
            _ => null,
        };
        if (why is not null)
        {
            throw new ShmException(ShmErrorId.NotSupportedByKind, $"Cannot resize {segment}: {why}", segment);
        }

        if (size <= 0)
        {
            throw new ShmException(
                ShmErrorId.InvalidSize,
                $"Cannot resize {segment}: a size of {size} bytes is not possible. Give 1 or more.", segment);
        }
    }

    private static ShmResizeResult FollowAll(ShmSegment segment, DescriptorHandle descriptor, Action resize)
    {
        var held = new List<ShmMapping>();
        try
        {
            // Locks are taken in mounting order, as everywhere. They keep copies out until the memory they would touch
            // is known to be there.
            foreach (var mapping in LiveMappings.All)
            {
                if (TryHold(mapping, segment))
                {
                    held.Add(mapping);
                }
            }

            resize();
            var now = Look(segment, descriptor);
            var followed = new List<ShmMapping>();
            var left = new Dictionary<ShmMapping, string>();
            foreach (var mapping in held)
            {
                if (new MappingFollow(mapping, now, descriptor).Run() is { } reason)
                {
                    left.Add(mapping, reason);
                }
                else
                {
                    followed.Add(mapping);
                }
            }

            return new ShmResizeResult(now, followed, left);
        }
        finally
        {
            held.ForEach(static mapping => mapping.Gate.ExitWriteLock());
        }
    }

    /// <summary>Keeps other threads out if the mapping is live and of that segment.</summary>
    private static bool TryHold(ShmMapping mapping, ShmSegment segment)
    {
        if (!mapping.Segment.IsSame(segment))
        {
            return false;
        }

        mapping.Gate.EnterWriteLock();
        if (mapping.IsMounted)
        {
            return true;
        }

        mapping.Gate.ExitWriteLock();
        return false;
    }

    private static ShmSegment Look(ShmSegment segment, DescriptorHandle descriptor) => segment.Kind == ShmKind.MemFd
        ? MemFdSegments.Describe(descriptor, MemFdSegments.LabelOf(segment))
        : new ShmSegment(SegmentDescription.Of(ShmKind.Posix, PosixSegments.NameOf(segment), descriptor))
        {
            Namespace = segment.Namespace,
            NamespaceId = segment.NamespaceId,
            Doors = segment.Doors,
        };
}
