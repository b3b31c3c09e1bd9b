using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Makes of a survey of the host's processes the list of its IPC namespaces and of the file systems of POSIX objects,
/// with the containers and pods in each.
/// </summary>
internal sealed class NamespaceDescriber(NamespaceSurvey survey, PodNames pods)
{
    /// <summary>All of them, this process' own first.</summary>
    public IReadOnlyList<ShmNamespace> All() =>
        [.. IpcNamespaces().Concat(KeptIpcNamespaces()).Concat(FileSystems())
            .OrderBy(static one => !one.IsCurrent)
            .ThenBy(static one => one.Kind)
            .ThenBy(static one => one.Namespace, StringComparer.Ordinal)];

    private IEnumerable<ShmNamespace> IpcNamespaces()
    {
        var own = IpcNamespace.Own;
        foreach (var group in survey.Processes
            .Where(static process => process.IpcInode != 0)
            .GroupBy(static process => process.IpcInode))
        {
            var isCurrent = group.Key == own.Inode;
            yield return Describe(
                new ShmNamespace
                {
                    Kind = ShmKind.SysV,
                    Namespace = IpcNamespace.TextOf(group.Key),
                    NamespaceId = isCurrent ? own.Id : ReadId(group),
                    IsCurrent = isCurrent,
                },
                [.. group]);
        }
    }

    // Without processes, a mount keeps it alive and identifies it.
    private IEnumerable<ShmNamespace> KeptIpcNamespaces()
    {
        HashSet<ulong> seen = [IpcNamespace.Own.Inode, .. survey.Processes.Select(static process => process.IpcInode)];
        foreach (var (inode, point) in NamespaceMounts.Read())
        {
            if (seen.Add(inode))
            {
                yield return new ShmNamespace
                {
                    Kind = ShmKind.SysV,
                    Namespace = IpcNamespace.TextOf(inode),
                    NamespaceId = IpcNamespace.Read(point)?.Id,
                    MountPoint = point,
                };
            }
        }
    }

    // The first that still answers: some may have ended, or moved, since the pass.
    private static long? ReadId(IGrouping<ulong, SurveyedProcess> group)
    {
        using var reader = new ProcReader();
        foreach (var member in group)
        {
            if (member.Door.Approach(reader) < 0)
            {
                continue;
            }

            using var descriptor = reader.Open(member.Door.ThreadId, "ns/ipc\0"u8);
            if (!descriptor.IsInvalid && IpcNamespace.Of(descriptor) is { } found && found.Inode == group.Key)
            {
                return found.Id;
            }
        }

        return null;
    }

    private IEnumerable<ShmNamespace> FileSystems()
    {
        var own = OwnFileSystem();
        var places = new Dictionary<PosixIdentity, (List<SurveyedProcess> Members, List<SharedMemoryMount> Mounts)>();
        foreach (var view in survey.Processes.Where(static process => process.RootInode != 0)
            .GroupBy(static process => (process.MountInode, process.RootDevice, process.RootInode)))
        {
            if (FirstOf(view) is { } identity)
            {
                PlaceOf(identity).Members.AddRange(view);
            }
        }

        foreach (var mount in SharedMemoryMounts.Read())
        {
            using var root = Libc.open(mount.Point, Libc.O_PATH | Libc.O_DIRECTORY);
            if (PosixIdentity.Of(root) is { } identity && identity.Device == mount.Device)
            {
                PlaceOf(identity).Mounts.Add(mount);
            }
        }

        return places.Select(place => Describe(place.Key, own, place.Value.Members, place.Value.Mounts));

        (List<SurveyedProcess> Members, List<SharedMemoryMount> Mounts) PlaceOf(PosixIdentity identity)
        {
            if (!places.TryGetValue(identity, out var place))
            {
                places.Add(identity, place = ([], []));
            }

            return place;
        }
    }

    private static PosixIdentity? OwnFileSystem()
    {
        using var root = Libc.open(PosixFileSystem.DefaultPath, Libc.O_PATH | Libc.O_DIRECTORY);
        return PosixIdentity.Of(root);
    }

    // The first that still answers: some may have ended since the pass.
    private static PosixIdentity? FirstOf(IEnumerable<SurveyedProcess> members)
    {
        foreach (var member in members)
        {
            using var root = PosixEntrance.OpenThrough(member.Door);
            if (PosixIdentity.Of(root) is { } identity)
            {
                return identity;
            }

            if (!ProcReader.IsGone(-root.Errno))
            {
                return null;
            }
        }

        return null;
    }

    private ShmNamespace Describe(
        PosixIdentity identity, PosixIdentity? own, List<SurveyedProcess> members, List<SharedMemoryMount> mounts)
    {
        var isCurrent = own is { } here && here.IsSame(identity);
        var described = Describe(
            new ShmNamespace
            {
                Kind = ShmKind.Posix,
                Namespace = identity.Text,
                NamespaceId = identity.Id,
                IsCurrent = isCurrent,
                MountPoint = isCurrent ? PosixFileSystem.DefaultPath : mounts.FirstOrDefault()?.Point,
            },
            [.. members]);
        string[] podIds = [.. described.PodId
            .Concat(mounts.Select(static mount => mount.PodId).OfType<string>()).Distinct()];
        var containers = mounts.Select(static mount => mount.Container).OfType<ContainerName>().ToArray();
        return described with
        {
            Container = [.. described.Container.Concat(containers.Select(static one => one.Id)).Distinct()],
            Runtime = [.. described.Runtime
                .Concat(containers.Select(static one => one.Runtime).OfType<string>()).Distinct()],
            Pod = [.. podIds.Select(pods.NameOf)],
            PodId = podIds,
        };
    }

    private ShmNamespace Describe(ShmNamespace place, SurveyedProcess[] members)
    {
        var containers = members.Select(static member => member.Container).OfType<ContainerName>().ToArray();
        string[] podIds = [.. containers.Select(static container => container.PodId).OfType<string>().Distinct()];
        return place with
        {
            Container = [.. containers.Select(static container => container.Id).Distinct()],
            Runtime = [.. containers.Select(static container => container.Runtime).OfType<string>().Distinct()],
            Pod = [.. podIds.Select(pods.NameOf)],
            PodId = podIds,
            ProcessIds = [.. members.Select(static member => member.Id).Order()],
            Members = members,
        };
    }
}
