using System;
using System.Buffers;

namespace PSSharedMemory;

/// <summary>
/// Which container and pod a process belongs to, by the path of its control group (cgroups(7)), as docker, containerd,
/// CRI-O and podman make them, with systemd or without, version 1 or 2. Only what has the form of an id is taken for
/// one: anybody who may make a group may call it anything else.
/// </summary>
/// <param name="Id">The container's id: 64 hexadecimal digits.</param>
/// <param name="Runtime">docker, containerd, cri-o or podman; null where the path does not tell.</param>
/// <param name="PodId">The pod's uid, or podman's id of it; null where it is in none.</param>
internal sealed record ContainerName(string Id, string? Runtime, string? PodId)
{
    private const int IdLength = 64;
    private const int HashLength = 32;
    private const string PodmanPod = "libpod_pod_";
    private const string PodmanParent = "libpod_parent";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Reads /proc/PID/cgroup; null for a process in no container.</summary>
    public static ContainerName? Parse(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            // hierarchy:controllers:path
            var parts = line.Split(':', 3);
            if (parts.Length == 3 && OfPath(parts[2]) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The container of a group's path: the innermost, where one runs in another.</summary>
    public static ContainerName? OfPath(string path)
    {
        ContainerName? found = null;
        string? pod = null;
        // "kubepods-burstable-podUID.slice:cri-containerd:ID" is what containerd made without systemd's driver.
        var parts = path.Split(['/', ':'], StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var parent = i > 0 ? parts[i - 1] : "";
            if (IsPodmanPod(parts[i], parent, i + 1 < parts.Length ? parts[i + 1] : ""))
            {
                pod = parts[i];
            }
            else
            {
                pod = PodOf(parts[i]) ?? pod;
                found = OfComponent(parts[i], parent, pod) ?? found;
            }
        }

        return found;
    }

    /// <summary>Whether a text has the form of a container's id.</summary>
    public static bool IsId(ReadOnlySpan<char> text) => text.Length == IdLength && IsHex(text);

    private static ContainerName? OfComponent(string part, string parent, string? pod)
    {
        var name = part.EndsWith(".scope", StringComparison.Ordinal) ? part.AsSpan(0, part.Length - 6) : part;
        if (name.Length < IdLength || !IsId(name[^IdLength..]))
        {
            return null;
        }

        var id = name[^IdLength..].ToString();
        if (name.Length == IdLength)
        {
            return new ContainerName(id, RuntimeOf(parent), pod);
        }

        // "libpod-conmon-ID.scope" holds the program that watches the container, which runs outside of it.
        var prefix = name[..^IdLength].ToString();
        return RuntimeOf(prefix.TrimEnd('-')) is { } runtime && prefix.EndsWith('-')
            ? new ContainerName(id, runtime, pod)
            : null;
    }

    // Without systemd's driver, podman calls the group of a pod by nothing but its id. In it are those of its
    // containers and, outside of all, of the programs that watch them.
    private static bool IsPodmanPod(string part, string parent, string child) => IsId(part)
        && (parent == PodmanParent
            || (RuntimeOf(parent) is null
                && (child == "conmon" || child.StartsWith("libpod-", StringComparison.Ordinal))));

    private static string? RuntimeOf(string name) => name switch
    {
        "docker" => "docker",
        "cri-containerd" or "containerd" or "nerdctl" or "k8s.io" => "containerd",
        "crio" => "cri-o",
        "libpod" or "libpod-payload" => "podman",
        _ => null,
    };

    // "podUID", "kubepods-besteffort-podUID.slice" with '_' for '-', "machine-libpod_pod_ID.slice".
    private static string? PodOf(string part)
    {
        var name = part.EndsWith(".slice", StringComparison.Ordinal) ? part[..^6] : part;
        var podman = name.LastIndexOf(PodmanPod, StringComparison.Ordinal);
        if (podman >= 0 && IsId(name.AsSpan(podman + PodmanPod.Length)))
        {
            return name[(podman + PodmanPod.Length)..];
        }

        var start = name.StartsWith("pod", StringComparison.Ordinal)
            ? 0
            : name.LastIndexOf("-pod", StringComparison.Ordinal) + 1;
        if (start == 0 && !name.StartsWith("pod", StringComparison.Ordinal))
        {
            return null;
        }

        var uid = name[(start + 3)..].Replace('_', '-');
        var isHash = uid.Length == HashLength && IsHex(uid);
        return isHash || Guid.TryParseExact(uid, "D", out _) ? uid : null;
    }

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(HexDigits);
}
