using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>What can be done to a segment of either family in the same words.</summary>
public static class ShmSegments
{
    /// <summary>All System V segments of this IPC namespace and all POSIX objects in /dev/shm.</summary>
    /// <exception cref="ShmException">PlatformNotSupported: /proc or /dev/shm is missing.</exception>
    public static IEnumerable<ShmSegment> List()
    {
        foreach (var segment in SysVSegments.List())
        {
            yield return segment;
        }

        foreach (var segment in PosixSegments.List())
        {
            yield return segment;
        }
    }

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
