using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Names of pods. The kubelet keeps a folder of logs for each, by namespace, name and uid; without one, a pod's host
/// name is its name, in Kubernetes as in podman. A program in the pod may change the host name to anything.
/// </summary>
internal sealed class PodNames
{
    private const string Logs = "/var/log/pods";

    private readonly IReadOnlyList<SurveyedProcess> _processes;
    private readonly Dictionary<string, string> _names = [];
    private readonly Dictionary<string, string> _spaces = [];

    /// <param name="files">Where the kubelet's logs are.</param>
    /// <param name="processes">The processes of the host, of which some are in pods.</param>
    public PodNames(HostFiles files, IReadOnlyList<SurveyedProcess> processes)
    {
        _processes = processes;
        foreach (var folder in files.List(Logs))
        {
            // namespace_name_uid; none of them has an underscore.
            var parts = folder.Split('_');
            if (parts.Length == 3)
            {
                _names[parts[2]] = parts[1];
                _spaces[parts[2]] = parts[0];
            }
        }
    }

    /// <summary>The pod's name; its id where there is none to be found.</summary>
    /// <param name="podId">The uid, or podman's id.</param>
    public string NameOf(string podId)
    {
        if (!_names.TryGetValue(podId, out var name))
        {
            var member = _processes.FirstOrDefault(process => process.Container?.PodId == podId);
            name = member is null ? null : HostName(member.Door);
            // A host name that is the container's id is the container's own, and not the pod's.
            name = name is null || member?.Container?.Id.StartsWith(name, StringComparison.Ordinal) == true
                ? podId
                : name;
            _names.Add(podId, name);
        }

        return name;
    }

    /// <summary>The namespace of Kubernetes that the pod is in; null where that is not known.</summary>
    public string? SpaceOf(string podId) => _spaces.GetValueOrDefault(podId);

    // A pod in the host's own UTS namespace has the name of the host.
    private static string? HostName(ProcessDoor member)
    {
        var own = Inode("/proc/self/ns/uts");
        try
        {
            return NamespaceThread.Run("uts", () => Enter(member), () => Inode("/proc/thread-self/ns/uts") != own
                ? new HostFiles().Read("/proc/sys/kernel/hostname")
                : null) is { Length: > 0 } name ? name : null;
        }
        catch (ShmException)
        {
            // It has ended, or may not be entered: then the name is not known.
            return null;
        }
    }

    private static void Enter(ProcessDoor member)
    {
        using var reader = new ProcReader();
        NativeError.ThrowIf(
            member.Enter(reader, Libc.CLONE_NEWUTS, "ns/uts\0"u8), nameof(Libc.setns), "enter a UTS namespace");
    }

    private static ulong Inode(string path)
    {
        using var descriptor = Libc.open(path, Libc.O_RDONLY);
        return Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data) >= 0 ? data.stx_ino : 0;
    }
}
