using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>
/// A place where shared memory lives: an IPC namespace with its System V segments, or a file system of POSIX objects as
/// containers have one at /dev/shm. As it was at one moment; what could not be read is null.
/// </summary>
public sealed record ShmNamespace
{
    /// <summary>What lives there: SysV in an IPC namespace, Posix on a file system.</summary>
    public ShmKind Kind { get; internal init; }

    /// <summary>"ipc:[4026532281]" as /proc shows it, or "shm:[0:52]" with the device of the file system.</summary>
    public string Namespace { get; internal init; } = "";

    /// <summary>
    /// The kernel's own id for it, unique until the next boot; null if this kernel has none or it may not be asked.
    /// </summary>
    public long? NamespaceId { get; internal init; }

    /// <summary>Whether it is that of this process.</summary>
    public bool IsCurrent { get; internal init; }

    /// <summary>
    /// Ids of the containers whose processes are in it: several for a pod, and where one container joins another.
    /// </summary>
    public string[] Container { get; internal init; } = [];

    /// <summary>What runs them: docker, containerd, cri-o or podman.</summary>
    public string[] Runtime { get; internal init; } = [];

    /// <summary>Names of the pods whose processes are in it; the pod's id if its name cannot be found.</summary>
    public string[] Pod { get; internal init; } = [];

    /// <summary>Ids (uids) of those pods.</summary>
    public string[] PodId { get; internal init; } = [];

    /// <summary>The processes in it, by number; none for a file system that outlived them.</summary>
    public int[] ProcessIds { get; internal init; } = [];

    /// <summary>How many segments it has; null if that cannot be known.</summary>
    public int? SegmentCount { get; internal init; }

    /// <summary>
    /// Bytes in use: for an IPC namespace, the RAM and swap of its segments; for a file system, what it reports,
    /// including removed objects that are still held. Null if that cannot be known.
    /// </summary>
    public long? Bytes { get; internal init; }

    /// <summary>
    /// The file system's size limit in bytes; null for no limit, for an IPC namespace, and if it cannot be known.
    /// </summary>
    public long? Size { get; internal init; }

    /// <summary>Bytes in percent of the size, to one decimal; null if either is unknown.</summary>
    public double? PercentUsed =>
        Bytes is { } bytes && Size is > 0 and { } size ? Math.Round(100.0 * bytes / size, 1) : null;

    /// <summary>
    /// Where the file system is mounted for this process, or an IPC namespace without processes is kept; else null.
    /// </summary>
    public string? MountPoint { get; internal init; }

    /// <summary>Why something about it is unknown, in a sentence; null if everything is known.</summary>
    public string? Problem { get; internal init; }

    /// <summary>The processes in it, as they were found.</summary>
    internal IReadOnlyList<SurveyedProcess> Members { get; init; } = [];

    /// <summary>The processes through which it may be entered.</summary>
    internal IReadOnlyList<ProcessDoor> Doors => [.. Members.Select(static member => member.Door)];

    /// <summary>"ipc:[4026532281]".</summary>
    public override string ToString() => PrintableText.Of(Namespace);
}
