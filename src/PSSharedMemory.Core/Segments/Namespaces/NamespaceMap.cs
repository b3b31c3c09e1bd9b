using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>The namespaces of a host, from one pass over /proc, and the names people use for them.</summary>
public sealed class NamespaceMap
{
    private readonly PodNames _pods;
    private readonly NamespaceSurvey _survey;

    private NamespaceMap(NamespaceSurvey survey, PodNames pods, IReadOnlyList<ShmNamespace> all)
    {
        _survey = survey;
        _pods = pods;
        All = all;
    }

    /// <summary>All of them, this process' own first; their contents aren't counted yet.</summary>
    public IReadOnlyList<ShmNamespace> All { get; }

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
        var survey = NamespaceSurvey.Read();
        var pods = new PodNames(new HostFiles(), survey.Processes);
        return new NamespaceMap(survey, pods, new NamespaceDescriber(survey, pods).All());
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
                $"Process {processId} has ended, and another process has its id now.",
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
                .Concat(byPod.Select(pod => $"pod {pod} ({_pods.NameOf(pod)})"))
                .Order(StringComparer.Ordinal);
            throw new ShmException(
                ShmErrorId.InvalidName,
                $"'{text}' matches more than one: {string.Join(", ", candidates)}. Give more of the id.",
                text);
        }

        if (byId is [var one])
        {
            return Seen([.. All.Where(place => place.Container.Contains(one.Id))], $"container {one.Id}");
        }

        return byPod is [var found]
            ? Seen([.. All.Where(place => place.PodId.Contains(found))], $"pod {_pods.NameOf(found)}")
            : [];
    }

    /// <summary>The one that was listed before, not one that has reused its number.</summary>
    /// <exception cref="ShmException">SegmentNotFound: it has ended.</exception>
    public ShmNamespace Find(ShmNamespace listed) =>
        All.FirstOrDefault(one => one.Namespace == listed.Namespace
            && (one.NamespaceId is null || listed.NamespaceId is null || one.NamespaceId == listed.NamespaceId))
        ?? throw new ShmException(
            ShmErrorId.SegmentNotFound, $"{listed} has ended, or this user cannot see it any more.", listed);

    private static IReadOnlyList<ShmNamespace> Seen(IReadOnlyList<ShmNamespace> found, string what) =>
        found.Count > 0 ? found : throw new ShmException(
            ShmErrorId.AccessDenied,
            $"Cannot see the namespaces of {what}: permission denied. Run as root.",
            what);

    private IEnumerable<string> PodIds() => _survey.Processes
        .Select(static process => process.Container?.PodId).OfType<string>()
        .Concat(All.SelectMany(static one => one.PodId)).Distinct();

    private bool IsPod(string podId, string text) => podId == text || _pods.NameOf(podId) == text
        || (_pods.SpaceOf(podId) is { } space && $"{space}/{_pods.NameOf(podId)}" == text);
}
