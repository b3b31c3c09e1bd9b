using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <content>Limits, checks and namespaces of a host.</content>
public static partial class ShmDisplay
{
    // As much of an id as docker and podman show.
    private const int ShownDigits = 12;

    /// <summary>The name of a limit, and below it where it holds, if not here.</summary>
    public static string NameAndPlace(ShmLimit limit) =>
        limit.Namespace is null ? Text(limit.Name) : $"{Text(limit.Name)}\n  in {Text(limit.Namespace)}";

    /// <summary>Bytes as a size, all else as a number.</summary>
    public static string Amount(ulong? value, string unit) => value switch
    {
        null => "",
        { } bytes when unit == "Bytes" => bytes > long.MaxValue ? "unlimited" : Size((long)bytes),
        { } number => number.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The limit as a size or a number; what no host can reach shows as "unlimited".</summary>
    public static string Limit(ShmLimit limit) => limit.Value switch
    {
        null when limit.PartOf is not null => "",
        null or > 1UL << 60 => "unlimited",
        _ => Amount(limit.Value, limit.Unit),
    };

    /// <summary>What was found, and below it what mends it.</summary>
    public static string DetailAndFix(ShmHostCheck check) =>
        check.Fix is null ? check.Detail : $"{check.Detail}\nFix: {check.Fix}";

    /// <summary>
    /// The containers by the beginnings of their ids, each on a line; "(here)" for this process' own.
    /// </summary>
    public static string Containers(ShmNamespace place) => place is { IsCurrent: true, Container.Length: 0 } ? "(here)"
        : string.Join(
            '\n', place.Container.Select(static id => Text(id.Length > ShownDigits ? id[..ShownDigits] : id)));

    /// <summary>The pods, each on a line; else where the file system is mounted for this process.</summary>
    public static string PodOrPlace(ShmNamespace place) =>
        place.Pod.Length > 0 ? string.Join('\n', place.Pod.Select(static pod => Text(pod))) : Text(place.MountPoint);
}
