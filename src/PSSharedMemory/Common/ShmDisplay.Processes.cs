using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>How the views show what processes hold, limits and checks.</summary>
public static partial class ShmDisplay
{
    /// <summary>"7f0012340000", or "fd 5" for a descriptor without a mapping.</summary>
    public static string Place(ShmAttachment attachment) => attachment.Address is { } address
        ? address.ToString("x", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"fd {attachment.Descriptor}");

    /// <summary>What is held, with what is special about it.</summary>
    public static string Held(ShmAttachment attachment)
    {
        var name = attachment.Segment is { } segment ? Name(segment) : Text(attachment.Label);
        if (attachment.Offset > 0)
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{name} +0x{attachment.Offset:x}");
        }

        if (attachment.IsRemoved)
        {
            name += " [removed]";
        }

        if (attachment.IsCopyOnWrite)
        {
            name += " [private]";
        }

        return attachment.Namespace is null ? name : $"{name} [{attachment.Namespace}]";
    }

    /// <summary>A count, or "?" for what cannot be known.</summary>
    public static string Count(int? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "?";

    /// <summary>"1234", "(1234)" for one that has ended, "?" for one that cannot be told; nothing for POSIX.</summary>
    public static string Creator(ShmStat stat) => stat.Kind != ShmKind.SysV ? "" : stat.IsCreatorAlive switch
    {
        true => string.Create(CultureInfo.InvariantCulture, $"{stat.CreatorProcessId}"),
        false => string.Create(CultureInfo.InvariantCulture, $"({stat.CreatorProcessId})"),
        null => "?",
    };

    /// <summary>"1234 postgres (2), 1240 perl": each process once, with the number of its areas if several.</summary>
    public static string Holders(ShmStat stat) => string.Join(", ", stat.Attachments
        .GroupBy(static attachment => (attachment.ProcessId, attachment.ProcessName))
        .Select(static process => process.Count() == 1
            ? string.Create(CultureInfo.InvariantCulture, $"{process.Key.ProcessId} {process.Key.ProcessName}")
            : string.Create(CultureInfo.InvariantCulture, $"{process.Key.ProcessId} {process.Key.ProcessName} ({process.Count()})")));

    /// <summary>Bytes as a size, all else as a number.</summary>
    public static string Amount(ulong? value, string unit) => value switch
    {
        null => "",
        { } bytes when unit == "Bytes" => bytes > long.MaxValue ? "unlimited" : Size((long)bytes),
        { } number => number.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The limit as a size or a number; what no host can reach is "unlimited".</summary>
    public static string Limit(ShmLimit limit) => limit.Value switch
    {
        null => "unlimited",
        > 1UL << 60 => "unlimited",
        _ => Amount(limit.Value, limit.Unit),
    };

    /// <summary>What was found, and below it what mends it.</summary>
    public static string DetailAndFix(ShmHostCheck check) =>
        check.Fix is null ? check.Detail : $"{check.Detail}\nFix: {check.Fix}";
}
