using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>The IPC namespaces of this host and what is in them.</summary>
public static class ShmNamespaces
{
    /// <summary>Its segments, each of which leads back to it.</summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound: it has ended. AccessDenied: this user may not enter it.
    /// </exception>
    public static IReadOnlyList<ShmSegment> Segments(ShmNamespace place)
    {
        if (place.Kind == ShmKind.SysV)
        {
            return IpcEntrance.Run(NamespaceOf(place), place.Doors, SysVSegments.List);
        }

        using var system = OpenFileSystem(place);
        return [.. system.List().Segments.OrderBy(static segment => segment.Name, StringComparer.Ordinal)];
    }

    /// <summary>Makes a call in an IPC namespace.</summary>
    /// <exception cref="ShmException">As <see cref="Segments"/>.</exception>
    internal static void Run(ShmNamespace place, Action call) =>
        _ = IpcEntrance.Run(NamespaceOf(place), place.Doors, () =>
        {
            call();
            return true;
        });

    /// <summary>Opens the file system that a place of POSIX objects is.</summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound: it has ended. AccessDenied: this user may not look into it.
    /// </exception>
    internal static PosixFileSystem OpenFileSystem(ShmNamespace place) => place.IsCurrent ? PosixFileSystem.OpenHere()
        : PosixIdentity.TryParse(place.Namespace, place.NamespaceId, out var identity)
            ? PosixEntrance.Open(identity, place.Doors)
        : throw new ShmException(ShmErrorId.InvalidName, $"'{place.Namespace}' isn't the name of a namespace.", place);

    /// <summary>The same with its contents counted; null if it has ended meanwhile.</summary>
    public static ShmNamespace? Count(ShmNamespace place)
    {
        try
        {
            var segments = Segments(place);
            var counted = place with
            {
                SegmentCount = segments.Count,
                Bytes = segments.Sum(static segment => segment.Allocated ?? 0),
            };
            return place.Kind == ShmKind.Posix ? WithRoom(counted) : counted;
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

    private static ShmNamespace WithRoom(ShmNamespace place)
    {
        using var system = OpenFileSystem(place);
        // A directory of a disk has more than shared memory on it.
        if (Libc.fstatfs(system.Root, out var room) < 0 || room.f_type != Libc.TMPFS_MAGIC)
        {
            return place;
        }

        var (size, used) = TmpfsRoom.Of(room);
        return place with { Bytes = used, Size = size };
    }

    private static IpcNamespace NamespaceOf(ShmNamespace place) => place.IsCurrent ? IpcNamespace.Own
        : IpcNamespace.InodeOf(place.Namespace) is not 0 and var inode ? new IpcNamespace(inode, place.NamespaceId)
        : throw new ShmException(
            ShmErrorId.InvalidName, $"'{place.Namespace}' isn't the name of an IPC namespace.", place);
}
