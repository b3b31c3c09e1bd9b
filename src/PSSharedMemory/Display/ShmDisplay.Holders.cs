using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <content>Who holds what, and what was left behind.</content>
public static partial class ShmDisplay
{
    /// <summary>Who holds it; "?" where that cannot be known, and what was found all the same.</summary>
    public static string Holders(ShmStat stat) =>
        stat.HolderCount is not null ? stat.Holders : stat.Holders.Length > 0 ? stat.Holders + ", ?" : "?";

    /// <summary>The label, and below it who holds the segment.</summary>
    public static string LabelAndHolders(ShmStat stat) =>
        Holders(stat) is { Length: > 0 } holders ? $"{LabelAndStatus(stat)}\n{holders}" : LabelAndStatus(stat);

    /// <summary>"0x7f0012340000", or "fd 5" for a descriptor without a mapping.</summary>
    public static string Place(ShmAttachment attachment) => attachment.Address is { } address
        ? Address(address)
        : string.Create(CultureInfo.InvariantCulture, $"fd {attachment.Descriptor}");

    /// <summary>What is held, with what is special about it.</summary>
    public static string Held(ShmAttachment attachment)
    {
        var name = attachment.Segment is { } segment ? segment.Label : Text(attachment.Label);
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

        // A segment of another namespace says so itself.
        return attachment.Namespace is null || attachment.Segment is not null
            ? name
            : $"{name} [{attachment.Namespace}]";
    }

    /// <summary>
    /// "/orders, memfd:dotnet ×8, id 3 and 5 more": the first labels, each with how many objects have it, and how many
    /// objects are left.
    /// </summary>
    public static string Held(ShmHolder holder)
    {
        const int Few = 3;
        var labels = holder.GetLabels().GroupBy(static label => label)
            .Select(static same => (Label: same.Key, Count: same.Count())).ToArray();
        var rest = labels.Skip(Few).Sum(static label => label.Count);
        return string.Join(", ", labels.Take(Few).Select(static label => label.Count == 1
            ? label.Label
            : string.Create(CultureInfo.InvariantCulture, $"{label.Label} ×{label.Count}")))
            + (rest > 0 ? string.Create(CultureInfo.InvariantCulture, $" and {rest} more") : "");
    }

    /// <summary>Where a leaked mapping lies, or the number of a leaked descriptor.</summary>
    public static string Place(ShmLeak leak) => leak switch
    {
        { Address: { } address } => Address(address),
        { Descriptor: { } descriptor } => string.Create(CultureInfo.InvariantCulture, $"fd {descriptor}"),
        _ => "",
    };
}
