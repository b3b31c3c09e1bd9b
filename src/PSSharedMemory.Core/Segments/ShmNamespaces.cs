using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>The IPC namespaces of this host and what is in them.</summary>
public static class ShmNamespaces
{
    /// <summary>
    /// All that the processes show which this user may look into, this process' own first. What may not be entered has
    /// no count, and says why.
    /// </summary>
    /// <exception cref="ShmException">PlatformNotSupported: /proc isn't mounted. LimitReached.</exception>
    public static IReadOnlyList<ShmNamespace> List() => [.. NamespaceMap.Read().All.Select(Count).OfType<ShmNamespace>()];

    /// <summary>The segments there, each of which leads back to it.</summary>
    /// <exception cref="ShmException">SegmentNotFound: it has ended. AccessDenied: this user may not enter it.</exception>
    public static IReadOnlyList<ShmSegment> Segments(ShmNamespace place) => IpcEntrance.Run(NamespaceOf(place), place.Doors, SysVSegments.List);

    /// <summary>The same with what is in it counted; null where it has ended meanwhile.</summary>
    internal static ShmNamespace? Count(ShmNamespace place)
    {
        try
        {
            var segments = Segments(place);
            return place with
            {
                SegmentCount = segments.Count,
                Bytes = segments.Sum(static segment => segment.Allocated ?? 0),
            };
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.SegmentNotFound)
        {
            return null;
        }
        catch (ShmException error)
        {
            return place with { Problem = error.Message };
        }
    }

    private static IpcNamespace NamespaceOf(ShmNamespace place) => place.IsCurrent ? IpcNamespace.Own
        : IpcNamespace.InodeOf(place.Namespace) is not 0 and var inode ? new IpcNamespace(inode, place.NamespaceId)
        : throw new ShmException(ShmErrorId.InvalidName, $"'{place.Namespace}' isn't the name of an IPC namespace.", place);
}
