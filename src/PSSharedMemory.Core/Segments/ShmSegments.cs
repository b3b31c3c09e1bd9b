using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Operations that work for segments of any family.</summary>
public static class ShmSegments
{
    /// <summary>
    /// All System V segments of this IPC namespace and all POSIX objects in /dev/shm. If this host lacks one family,
    /// the other's. An object with several names is listed once, under the first.
    /// </summary>
    /// <exception cref="ShmException">As <see cref="List(ShmKind)"/>.</exception>
    public static IEnumerable<ShmSegment> List() => List(ShmKind.SysV).Concat(List(ShmKind.Posix)).Distinct();

    /// <summary>All segments of a family; none where this host doesn't have it.</summary>
    /// <param name="family">SysV or Posix.</param>
    /// <exception cref="ShmException">
    /// It exists but cannot be listed, which isn't the same as having none: LimitReached, AccessDenied,
    /// PlatformNotSupported.
    /// </exception>
    public static IReadOnlyList<ShmSegment> List(ShmKind family)
    {
        try
        {
            return family == ShmKind.SysV ? SysVSegments.List() : PosixSegments.List();
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.PlatformNotSupported
            && (family != ShmKind.SysV || SysVTable.IsAbsent()))
        {
            // A kernel without System V, a host without /dev/shm.
            return [];
        }
    }

    /// <summary>Whether the call that returned this object made the segment rather than finding it.</summary>
    public static bool IsNew(ShmSegment segment) => segment.IsNew;

    /// <summary>What the kernel says of the same segment now.</summary>
    /// <exception cref="ShmException">SegmentNotFound; IdentityChanged: another took its name or id.</exception>
    public static ShmSegment Refresh(ShmSegment segment)
    {
        var now = segment.Kind switch
        {
            ShmKind.SysV => SysVPlace.Run(segment, () => SysVSegments.FromId(SysVSegments.IdOf(segment))),
            _ when segment.HeldBy.Count > 0 && segment.Descriptor is null => Look(segment),
            ShmKind.Posix => PosixSegments.Refresh(segment),
            _ => SegmentDescription.OfNameless(segment, MemFdSegments.Descriptor(segment)),
        };
        return now.IsSame(segment) ? now : throw IdentityChanged(segment);
    }

    /// <summary>What the kernel says of many segments now; the tables of System V are read once for all.</summary>
    /// <param name="segments">
    /// The segments. One without a name that this process does not hold, and one that waits for its removal, is given
    /// back as it is: nothing finds it.
    /// </param>
    /// <param name="fail">Told of each that is gone, or whose name or id another took; it's left out.</param>
    public static IReadOnlyList<ShmSegment> Refresh(
        IReadOnlyCollection<ShmSegment> segments, Action<ShmSegment, ShmException> fail)
    {
        var current = new List<ShmSegment>(segments.Count);
        var table = SysVPlace.ReadTables(segments);
        foreach (var segment in segments)
        {
            if ((segment.IsNameless && segment.Descriptor is not { IsClosed: false })
                || segment.IsRemoved)
            {
                current.Add(segment);
                continue;
            }

            try
            {
                current.Add(segment.Kind == ShmKind.SysV && table(segment) is { } now ? now : Refresh(segment));
            }
            catch (ShmException error)
            {
                fail(segment, error);
            }
        }

        return current;
    }

    /// <summary>
    /// Removes a segment. System V: gone with its last detach (RemovalPending until then). POSIX: the name is gone
    /// at once, the memory with its last mapping and descriptor.
    /// </summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound, IdentityChanged, AccessDenied, NotSupportedByKind (memfd).
    /// </exception>
    public static void Remove(ShmSegment segment)
    {
        switch (segment.Kind)
        {
            case ShmKind.SysV:
                SysVPlace.Run(segment, () =>
                {
                    if (!SysVSegments.Stat(SysVSegments.IdOf(segment)).IsSame(segment))
                    {
                        throw IdentityChanged(segment);
                    }

                    SysVSegments.Remove(segment);
                });
                break;
            case ShmKind.Posix:
                PosixRemoval.Remove(segment);
                break;
            default:
                throw new ShmException(
                    ShmErrorId.NotSupportedByKind,
                    $"Cannot remove {segment}: it has no name to remove. It ends with its last mapping and descriptor: "
                        + "dismount it and drop the variable.",
                    segment);
        }
    }

    private static ShmSegment Look(ShmSegment segment)
    {
        using var held = HeldObjects.Open(segment, Libc.O_PATH);
        return HeldObjects.Describe(segment, held);
    }

    internal static ShmException IdentityChanged(ShmSegment segment) => new(
        ShmErrorId.IdentityChanged,
        $"{segment} is no longer the segment that was listed: that one was removed, and another took its place.",
        segment);
}
