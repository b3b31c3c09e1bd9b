using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>The namespaces of a host, from one pass over /proc, and the names people use for them.</summary>
public sealed class NamespaceMap
{
    private readonly PodNames _pods;
    private readonly NamespaceSurvey _survey;

    private NamespaceMap(NamespaceSurvey survey, PodNames pods)
    {
        _survey = survey;
        _pods = pods;
    }

    /// <summary>All of them, this process' own first; their contents aren't counted yet.</summary>
    public IReadOnlyList<ShmNamespace> All { get; private set; } = [];

    /// <summary>
    /// The containers that processes are in, and how many are in each; the runtime is null where it isn't known.
    /// </summary>
    public IEnumerable<(string Id, string? Runtime, int ProcessCount)> Containers => _survey.Processes
        .Select(static process => process.Container).OfType<ContainerName>()
        .GroupBy(static container => container.Id)
        .Select(static group => (group.Key, group.First().Runtime, group.Count()));

    /// <summary>Processes whose namespaces this user may not see.</summary>
    public IReadOnlyList<int> UnreadableProcessIds => _survey.UnreadableProcessIds;

    /// <summary>Whether /proc hides processes from this user.</summary>
    public bool HidesProcesses => _survey.HidesProcesses;

    /// <summary>Whether this user may look into every process that the kernel doesn't shield even from root.</summary>
    public bool IsPrivileged => _survey.IsPrivileged;

    /// <summary>Reads it.</summary>
    /// <exception cref="ShmException">PlatformNotSupported: /proc isn't mounted. LimitReached.</exception>
    public static NamespaceMap Read()
    {
        var map = new NamespaceMap(NamespaceSurvey.Read(), new PodNames(new HostFiles()));
        map.All = [.. map.IpcNamespaces().Concat(map.KeptIpcNamespaces()).Concat(map.FileSystems())
            .OrderBy(static one => !one.IsCurrent)
            .ThenBy(static one => one.Kind)
            .ThenBy(static one => one.Namespace, StringComparer.Ordinal)];
        return map;
    }

    /// <summary>Those that a process is in.</summary>
    /// <param name="processId">Its id.</param>
    /// <param name="start">When it started, if known: a later process with the same id is another one.</param>
    /// <exception cref="ShmException">
    /// AccessDenied: this user may not know. SegmentNotFound: another has its id by now.
    /// </exception>
    public IReadOnlyList<ShmNamespace> OfProcess(int processId, ulong? start = null)
    {
        var process = _survey.Processes.FirstOrDefault(process => process.Id == processId);
        if (process is not null && start is not null && process.Door.StartTicks != start)
        {
            throw new ShmException(
                ShmErrorId.SegmentNotFound,
                $"Process {processId} has ended, and another has its id by now.",
                processId);
        }

        return _survey.UnreadableProcessIds.Contains(processId)
            ? throw new ShmException(
                ShmErrorId.AccessDenied,
                $"Cannot see the namespaces of process {processId}: permission denied. Run as its user or as root.",
                processId)
            : [.. All.Where(one => one.Members.Any(member => member.Id == processId))];
    }

    /// <summary>The namespaces that a text stands for; none if nothing has that name.</summary>
    /// <param name="text">
    /// A container's id or a beginning of one, a pod's name or id, or what /proc calls a namespace.
    /// </param>
    /// <exception cref="ShmException">
    /// InvalidName: it fits several. AccessDenied: this user may not look into it.
    /// </exception>
    public IReadOnlyList<ShmNamespace> Find(string text)
    {
        if (All.Where(one => one.Namespace == text).ToArray() is { Length: > 0 } named)
        {
            return named;
        }

        var containers = _survey.Processes.Select(static process => process.Container).OfType<ContainerName>()
            .Concat(All.SelectMany(static one => one.Container).Select(static id => new ContainerName(id, null, null)))
            .DistinctBy(static container => container.Id).ToArray();
        // A complete id or name wins over a prefix.
        var byId = Array.FindAll(containers, container => container.Id == text);
        var byPod = byId.Length > 0 ? [] : PodIds().Where(pod => IsPod(pod, text)).ToArray();
        if (byId.Length == 0 && byPod.Length == 0 && text.Length > 0)
        {
            byId = Array.FindAll(
                containers, container => container.Id.StartsWith(text, StringComparison.Ordinal));
        }

        if (byId.Length + byPod.Length > 1)
        {
            var candidates = byId.Select(static container => $"container {container.Id}")
                .Concat(byPod.Select(pod => $"pod {pod} ({NameOf(pod)})"))
                .Order(StringComparer.Ordinal);
            throw new ShmException(
                ShmErrorId.InvalidName,
                $"'{text}' fits more than one: {string.Join(", ", candidates)}. Give more of the id.",
                text);
        }

        if (byId is [var one])
        {
            return Seen([.. All.Where(place => place.Container.Contains(one.Id))], $"container {one.Id}");
        }

        return byPod is [var found]
            ? Seen([.. All.Where(place => place.PodId.Contains(found))], $"pod {NameOf(found)}")
            : [];
    }

    /// <summary>The one that was listed before, not one that has reused its number.</summary>
    /// <exception cref="ShmException">SegmentNotFound: it has ended.</exception>
    public ShmNamespace Find(ShmNamespace listed) =>
        All.FirstOrDefault(one => one.Namespace == listed.Namespace
            && (one.NamespaceId is null || listed.NamespaceId is null || one.NamespaceId == listed.NamespaceId))
        ?? throw new ShmException(
            ShmErrorId.SegmentNotFound, $"{listed} has ended, or this user can't see it any more.", listed);

    private static IReadOnlyList<ShmNamespace> Seen(IReadOnlyList<ShmNamespace> found, string what) =>
        found.Count > 0 ? found : throw new ShmException(
            ShmErrorId.AccessDenied,
            $"Cannot see the namespaces of {what}: permission denied. Run as root.",
            what);

    private IEnumerable<string> PodIds() => _survey.Processes
        .Select(static process => process.Container?.PodId).OfType<string>()
        .Concat(All.SelectMany(static one => one.PodId)).Distinct();

    private bool IsPod(string podId, string text) => podId == text || NameOf(podId) == text
        || (_pods.SpaceOf(podId) is { } space && $"{space}/{NameOf(podId)}" == text);

    private string NameOf(string podId)
    {
        var member = _survey.Processes.FirstOrDefault(process => process.Container?.PodId == podId);
        return _pods.Of(podId, member?.Door, member?.Container?.Id);
    }

    private IEnumerable<ShmNamespace> IpcNamespaces()
    {
        var own = IpcNamespace.Own;
        foreach (var group in _survey.Processes
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

    private IEnumerable<ShmNamespace> FileSystems()
    {
        var own = OwnFileSystem();
        var places = new Dictionary<PosixIdentity, (List<SurveyedProcess> Members, List<SharedMemoryMount> Mounts)>();
        foreach (var view in _survey.Processes.Where(static process => process.RootInode != 0)
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
        string[] pods = [.. described.PodId
            .Concat(mounts.Select(static mount => mount.PodId).OfType<string>()).Distinct()];
        var containers = mounts.Select(static mount => mount.Container).OfType<ContainerName>().ToArray();
        return described with
        {
            Container = [.. described.Container.Concat(containers.Select(static one => one.Id)).Distinct()],
            Runtime = [.. described.Runtime
                .Concat(containers.Select(static one => one.Runtime).OfType<string>()).Distinct()],
            Pod = [.. pods.Select(NameOf)],
            PodId = pods,
        };
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

    // Without processes, a mount keeps it alive and identifies it.
    private IEnumerable<ShmNamespace> KeptIpcNamespaces()
    {
        HashSet<ulong> seen = [IpcNamespace.Own.Inode, .. _survey.Processes.Select(static process => process.IpcInode)];
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

    private ShmNamespace Describe(ShmNamespace place, SurveyedProcess[] members)
    {
        var containers = members.Select(static member => member.Container).OfType<ContainerName>().ToArray();
        string[] pods = [.. containers.Select(static container => container.PodId).OfType<string>().Distinct()];
        return place with
        {
            Container = [.. containers.Select(static container => container.Id).Distinct()],
            Runtime = [.. containers.Select(static container => container.Runtime).OfType<string>().Distinct()],
            Pod = [.. pods.Select(NameOf)],
            PodId = pods,
            ProcessIds = [.. members.Select(static member => member.Id).Order()],
            Members = members,
        };
    }
}
