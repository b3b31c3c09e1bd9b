using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>Makes calls about System V segments in their own IPC namespace.</summary>
internal static class SysVPlace
{
    /// <summary>Makes a call in the segment's namespace, which may be this one.</summary>
    /// <exception cref="ShmException">
    /// SegmentNotFound: the namespace has ended. AccessDenied: it may not be entered.
    /// </exception>
    public static T Run<T>(ShmSegment segment, Func<T> call) =>
        IpcEntrance.Run(NamespaceOf(segment), segment.Doors, call);

    /// <summary>Whether the calling thread is in the segment's namespace already.</summary>
    public static bool IsHere(ShmSegment segment) => IpcNamespace.Current.IsSame(NamespaceOf(segment));

    /// <inheritdoc cref="Run{T}"/>
    public static void Run(ShmSegment segment, Action call) => _ = Run(segment, () =>
    {
        call();
        return true;
    });

    /// <summary>The namespace of a segment, possibly listed by another process.</summary>
    public static IpcNamespace NamespaceOf(ShmSegment segment)
    {
        var own = IpcNamespace.Own;
        var inode = IpcNamespace.InodeOf(segment.Namespace);
        // A process in another namespace calls its own "here"; only the id tells.
        return inode != 0 ? new IpcNamespace(inode, segment.NamespaceId)
            : segment.Namespace is not null ? throw ShmSegments.IdentityChanged(segment)
            : segment.NamespaceId is { } id && own.Id is { } ownId && id != ownId ? new IpcNamespace(0, id)
            : own;
    }

    /// <summary>The tables of all namespaces of some segments, each read once.</summary>
    /// <exception cref="ShmException">AccessDenied: one of them may not be entered.</exception>
    public static Func<ShmSegment, ShmSegment?> ReadTables(IEnumerable<ShmSegment> segments)
    {
        Dictionary<string, Dictionary<long, ShmSegment>> tables = [];
        foreach (var segment in segments)
        {
            if (segment.Kind == ShmKind.SysV && !tables.ContainsKey(KeyOf(segment)))
            {
                tables.Add(KeyOf(segment), ReadTable(segment));
            }
        }

        return segment => tables[KeyOf(segment)].GetValueOrDefault(SysVSegments.IdOf(segment)) is { } now
            && now.IsSame(segment) ? now : null;
    }

    private static string KeyOf(ShmSegment segment) =>
        FormattableString.Invariant($"{segment.Namespace} {segment.NamespaceId}");

    // A namespace that has ended has no segments any more.
    private static Dictionary<long, ShmSegment> ReadTable(ShmSegment segment)
    {
        try
        {
            return Run(segment, static () => SysVSegments.List().ToDictionary(static found => found.Id!.Value));
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.SegmentNotFound)
        {
            return [];
        }
    }
}
