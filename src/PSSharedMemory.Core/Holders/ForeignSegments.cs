using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>
/// What processes hold of other namespaces, tied to the segments there. A System V id is one only in its IPC namespace;
/// a device is one for the whole host, so a process of another mount namespace that has our /dev/shm mapped counts as
/// ours.
/// </summary>
/// <param name="scan">What was found.</param>
/// <param name="index">The segments that are known.</param>
/// <param name="lists">Whether other namespaces are looked into.</param>
internal sealed class ForeignSegments(ProcessScan scan, SegmentIndex index, bool lists)
{
    private readonly Dictionary<ulong, Dictionary<ulong, ShmSegment>> _tables = [];
    private readonly Dictionary<ulong, FileSystem> _systems = [];
    private List<ShmMapping>? _own;
    private List<ShmSegment>? _ownObjects;

    /// <summary>The namespace that an area is of; null for this process' own.</summary>
    public string? NamespaceOf(HeldArea area) => area.Kind switch
    {
        ShmAreaKind.SysV when IpcOf(area) is var ipc && ipc != scan.View.IpcNamespace => IpcNamespace.TextOf(ipc),
        ShmAreaKind.Posix when area.Device != scan.Devices.Posix => NamespaceOfObject(area),
        _ => null,
    };

    /// <summary>The segment of an area that is of another namespace; null where that may not be looked into.</summary>
    public ShmSegment? Find(HeldArea area)
    {
        if (area.Kind == ShmAreaKind.Posix)
        {
            return index.Find(area.Kind, area.Device, area.Inode)
                ?? MountedObject(area)
                ?? (lists ? SystemOf(area).Find(area, scan.Devices) : null);
        }

        var ipc = IpcOf(area);
        return index.Find(area.Kind, ipc, area.Inode)
            ?? (!lists || ipc == 0 ? null : MountedHere(area) ?? TableOf(area.Process).GetValueOrDefault(area.Inode));
    }

    // In this mount namespace, but on another device: covered by a later mount, unless this process has it from
    // elsewhere.
    private string? NamespaceOfObject(HeldArea area)
    {
        var known = index.Find(area.Kind, area.Device, area.Inode) ?? MountedObject(area);
        return known is not null ? known.Namespace
            : area.Process.MountNamespace == scan.View.MountNamespace ? null
            : lists ? SystemOf(area).Text
            : PosixIdentity.TextOf(area.Device);
    }

    private ShmSegment? MountedObject(HeldArea area)
    {
        _ownObjects ??= [.. LiveMappings.All.Select(static mapping => mapping.Segment)
            .Where(static segment => segment is { Kind: ShmKind.Posix, Namespace: not null })];
        return _ownObjects.Find(segment => segment.Device == area.Device && segment.Inode == area.Inode);
    }

    // Of another process, what its namespace is now is all there is to go by. This one attaches segments of others
    // without being in their namespaces, and knows which.
    private ulong IpcOf(HeldArea area) =>
        MountedHere(area) is { } segment ? IpcNamespace.InodeOf(segment.Namespace) : area.Process.IpcNamespace;

    private ShmSegment? MountedHere(HeldArea area)
    {
        if (area.Process.Id != Environment.ProcessId)
        {
            return null;
        }

        _own ??= [.. LiveMappings.All
            .Where(static mapping => mapping.Segment is { Kind: ShmKind.SysV, Namespace: not null })];
        return _own.Find(mapping => mapping.Handle.Ranges.Contains((nint)area.Start))?.Segment;
    }

    // Where it may not be entered, or has ended, nothing is known about its contents.
    private Dictionary<ulong, ShmSegment> TableOf(ProcessIdentity process)
    {
        if (_tables.TryGetValue(process.IpcNamespace, out var known))
        {
            return known;
        }

        Dictionary<ulong, ShmSegment> table = [];
        try
        {
            var wanted = new IpcNamespace(process.IpcNamespace, null);
            foreach (var segment in IpcEntrance.Run(wanted, [DoorOf(process)], SysVSegments.List))
            {
                table[(ulong)SysVSegments.IdOf(segment)] = segment;
            }
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.AccessDenied)
        {
            // Then the attachment has its label and namespace, and no segment.
        }

        _tables.Add(process.IpcNamespace, table);
        return table;
    }

    private FileSystem SystemOf(HeldArea area)
    {
        if (!_systems.TryGetValue(area.Device, out var system))
        {
            _systems.Add(area.Device, system = FileSystem.Read(area.Device, DoorOf(area.Process)));
        }

        return system;
    }

    private static ProcessDoor DoorOf(ProcessIdentity process) => new(process.Id, process.StartTicks);

    /// <summary>A file system of POSIX objects, by the inodes in it.</summary>
    private sealed record FileSystem(PosixIdentity Identity, ProcessDoor Door, Dictionary<ulong, ShmSegment> Segments)
    {
        // Of a directory of a file system, others may have other directories.
        private bool _isWhole;

        public string Text => Identity.Text;

        public static FileSystem Read(ulong device, ProcessDoor door)
        {
            Dictionary<ulong, ShmSegment> segments = [];
            var root = PosixEntrance.OpenThrough(door);
            if (PosixIdentity.Of(root) is not { } identity || identity.Device != device)
            {
                root.Dispose();
                return new FileSystem(new PosixIdentity(device, 0, null), door, segments);
            }

            var read = new FileSystem(identity, door, segments);
            using var system = new PosixFileSystem(root, PosixEntrance.PathOf(door), identity, [door]);
            try
            {
                foreach (var segment in system.List().Segments)
                {
                    _ = segments.TryAdd(segment.Inode ?? 0, segment);
                }

                read._isWhole = identity.Inode == 0;
            }
            catch (ShmException error) when (error.ErrorId is ShmErrorId.AccessDenied or ShmErrorId.NativeCallFailed)
            {
                // A directory that this user may not list.
            }

            return read;
        }

        // What is not listed is removed, or came after the listing: its process shows what it is.
        public ShmSegment Find(HeldArea area, ShmDevices devices)
        {
            if (Segments.TryGetValue(area.Inode, out var listed))
            {
                return listed;
            }

            var isRemoved = area.Facts is { Links: 0 } || (area.Facts is null && _isWhole);
            var described = new ShmSegment(AttachmentBuilder.DescribeUnlisted(
                devices, area, isRemoved ? ShmSegmentStatus.RemovalPending : ShmSegmentStatus.None))
            {
                Namespace = Text,
                NamespaceId = Identity.Id,
                Doors = [Door],
            };
            Segments.Add(area.Inode, described);
            return described;
        }
    }
}
