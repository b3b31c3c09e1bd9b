using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>
/// A file system of shared memory that a container runtime, the kubelet or somebody else has mounted.
/// </summary>
/// <param name="Device">The device, as <see cref="MapsLine.DeviceOf"/> makes it.</param>
/// <param name="Point">Where, for this process.</param>
/// <param name="Container">The container that the path names, if it names one.</param>
/// <param name="PodId">The pod that the path names, if it names one.</param>
internal sealed record SharedMemoryMount(ulong Device, string Point, ContainerName? Container, string? PodId);

/// <summary>
/// The mounts of this process where the memory of containers is, whether their processes still run or not: runtimes
/// keep /dev/shm of a container mounted in a folder of its own, and the kubelet the volumes of a pod that are in
/// memory.
/// </summary>
internal static class SharedMemoryMounts
{
    private const string KubeletVolume = "/volumes/kubernetes.io~empty-dir/";

    /// <summary>Reads them.</summary>
    public static IReadOnlyList<SharedMemoryMount> Read() => Parse(new HostFiles().ReadBytes("/proc/self/mountinfo"));

    /// <summary>Takes them out of the text of mountinfo.</summary>
    public static IReadOnlyList<SharedMemoryMount> Parse(ReadOnlySpan<byte> mountInfo)
    {
        List<SharedMemoryMount> found = [];
        while (MountInfoLine.TryRead(ref mountInfo, out var mount))
        {
            if (!mount.Type.SequenceEqual("tmpfs"u8))
            {
                continue;
            }

            var point = MountInfoLine.ToText(mount.MountPoint);
            if (point.EndsWith("/shm", StringComparison.Ordinal) && point != "/dev/shm")
            {
                found.Add(new SharedMemoryMount(mount.Device, point, ContainerOf(point), null));
            }
            else if (PodOf(point) is { } pod)
            {
                found.Add(new SharedMemoryMount(mount.Device, point, null, pod));
            }
        }

        return found;
    }

    // /run/containerd/io.containerd.grpc.v1.cri/sandboxes/ID/shm, /var/lib/docker/containers/ID/mounts/shm,
    // /var/lib/containers/storage/overlay-containers/ID/userdata/shm: also CRI-O's, whose storage podman shares.
    private static ContainerName? ContainerOf(string point)
    {
        var id = point.Split('/').LastOrDefault(static part => ContainerName.IsId(part));
        var runtime = point.Contains("/containerd/", StringComparison.Ordinal) ? "containerd"
            : point.Contains("/docker/", StringComparison.Ordinal) ? "docker"
            : null;
        return id is null ? null : new ContainerName(id, runtime, null);
    }

    // /var/lib/kubelet/pods/UID/volumes/kubernetes.io~empty-dir/NAME
    private static string? PodOf(string point)
    {
        var volume = point.IndexOf(KubeletVolume, StringComparison.Ordinal);
        if (volume < 0)
        {
            return null;
        }

        var pod = point[(point.LastIndexOf('/', volume - 1) + 1)..volume];
        return Guid.TryParseExact(pod, "D", out _) ? pod : null;
    }
}
