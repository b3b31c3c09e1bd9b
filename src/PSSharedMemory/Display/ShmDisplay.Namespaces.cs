using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>How the views show namespaces.</summary>
public static partial class ShmDisplay
{
    // As much of an id as docker and podman show.
    private const int ShownDigits = 12;

    /// <summary>
    /// The containers by the beginnings of their ids, each on a line; "(here)" for this process' own.
    /// </summary>
    public static string Containers(ShmNamespace place) => place is { IsCurrent: true, Container.Length: 0 } ? "(here)"
        : string.Join(
            '\n', place.Container.Select(static id => Text(id.Length > ShownDigits ? id[..ShownDigits] : id)));

    /// <summary>The pods, each on a line; else where the file system is mounted for this process.</summary>
    public static string PodOrPlace(ShmNamespace place) =>
        place.Pod.Length > 0 ? string.Join('\n', place.Pod.Select(static pod => Text(pod))) : Text(place.MountPoint);

    /// <summary>The name of a limit, and below it where it holds, if not here.</summary>
    public static string NameAndPlace(ShmLimit limit) =>
        limit.Namespace is null ? Text(limit.Name) : $"{Text(limit.Name)}\n  in {Text(limit.Namespace)}";
}
