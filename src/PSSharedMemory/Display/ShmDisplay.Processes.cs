using System;
using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>How the views show what processes hold, limits and checks.</summary>
public static partial class ShmDisplay
{
    /// <summary>"0x7f0012340000", or "fd 5" for a descriptor without a mapping.</summary>
    public static string Place(ShmAttachment attachment) => attachment.Address is { } address
        ? Address(address)
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

        // A segment of another namespace says so itself.
        return attachment.Namespace is null || attachment.Segment is not null
            ? name
            : $"{name} [{attachment.Namespace}]";
    }

    /// <summary>What a process holds: the first labels, and how many more there are.</summary>
    public static string Held(ShmHolder holder)
    {
        const int Few = 3;
        var labels = holder.Attachments.Select(static found => found.Segment?.Label ?? Text(found.Label))
            .Distinct().ToArray();
        var rest = holder.SegmentCount - Few;
        return string.Join(", ", labels.Take(Few))
            + (rest > 0 ? string.Create(CultureInfo.InvariantCulture, $" and {rest} more") : "");
    }

    /// <summary>A size; "?" where it cannot be known.</summary>
    public static string SizeOrUnknown(long? bytes) => bytes is null ? "?" : Size(bytes);

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
        null => "unlimited",
        > 1UL << 60 => "unlimited",
        _ => Amount(limit.Value, limit.Unit),
    };

    /// <summary>What was found, and below it what mends it.</summary>
    public static string DetailAndFix(ShmHostCheck check) =>
        check.Fix is null ? check.Detail : $"{check.Detail}\nFix: {check.Fix}";

    /// <summary>
    /// Text in lines of whole words, for one of the columns of a table that share what the others leave.
    /// </summary>
    /// <param name="text">The text; control characters are shown as in <see cref="Text"/>.</param>
    /// <param name="terminal">
    /// Columns of the terminal; with fewer than <see cref="HostScreen.Least"/> the table breaks the text.
    /// </param>
    /// <param name="taken">Columns that the others take, with the blanks between all and one at the edge.</param>
    /// <param name="parts">How many columns share the rest.</param>
    public static string InColumn(string text, int terminal, int taken, int parts)
    {
        const int Least = 8;
        return terminal < HostScreen.Least ? text : WordWrap.Of(text, Math.Max((terminal - taken) / parts, Least));
    }

    /// <summary>Who holds it; "?" where that cannot be known, and what was found all the same.</summary>
    public static string Holders(ShmStat stat) =>
        stat.HolderCount is not null ? stat.Holders : stat.Holders.Length > 0 ? stat.Holders + ", ?" : "?";

    /// <summary>The label, and below it who holds the segment.</summary>
    public static string LabelAndHolders(ShmStat stat) =>
        Holders(stat) is { Length: > 0 } holders ? $"{LabelAndStatus(stat)}\n{holders}" : LabelAndStatus(stat);

    /// <summary>
    /// "id 3 0x00001234 [RemovalPending]": the label, the key where it has one, and what is special about it.
    /// </summary>
    public static string LabelAndStatus(ShmSegment segment) => string.Join(' ', ((string[])
    [
        segment.Label, Key(segment.Key), segment.Status == ShmSegmentStatus.None ? "" : $"[{segment.Status}]",
    ]).Where(static part => part.Length > 0));

    /// <summary>
    /// The first arguments: structures that the kernel returns are long, and stand in Arguments whole.
    /// </summary>
    public static string ArgumentsOf(ShmCall call)
    {
        const int Most = 60;
        var text = Text(call.Detail ?? WithoutFolder(call.Arguments));
        return call.Detail is null && text.Length > Most ? text[..(Most - 1)] + "…" : text;
    }

    // An absolute name needs no folder to start from.
    private static string WithoutFolder(string arguments)
    {
        const string Absolute = ">, \"/";
        return arguments.StartsWith("AT_FDCWD<", StringComparison.Ordinal)
            && arguments.IndexOf(Absolute, StringComparison.Ordinal) is > 0 and var end
            ? arguments[(end + Absolute.Length - 2)..] : arguments;
    }

    /// <summary>"rw-s": protection, and s for shared or p for private.</summary>
    public static string Protection(ShmAddressRegion region) =>
        Protection(region.Protection) + (region.IsShared ? 's' : 'p');

    /// <summary>A bar of 16 cells over all of user space, with the one marked in which the region lies.</summary>
    public static string Position(ShmAddressRegion region)
    {
        const int Cells = 16;
        const int BitsOfCells = 4;
        var cellBits = ShmAddressSpace.AddressBits - BitsOfCells;
        return string.Create(Cells + 2, (region, cellBits), static (bar, state) =>
        {
            var (region, cellBits) = state;
            bar.Fill('.');
            bar[0] = '[';
            bar[^1] = ']';
            // What the kernel keeps at the top of the address space lies beyond.
            var first = region.Address >> cellBits;
            var last = (region.EndAddress - 1) >> cellBits;
            if (first >= Cells)
            {
                bar[^1] = '>';
            }

            for (var cell = first; cell <= last && cell < Cells; cell++)
            {
                bar[(int)cell + 1] = '#';
            }
        });
    }

    /// <summary>The segment or the name of what is there, with the offset in it.</summary>
    public static string Region(ShmAddressRegion region)
    {
        var name = region.Segment is { } segment ? NameAndStatus(segment) : Text(region.Name);
        return region.Offset > 0 && name.Length > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{name} +0x{region.Offset:x}")
            : name;
    }

    /// <summary>The segment, or what is known of it.</summary>
    public static string Name(ShmSharedRange range) =>
        range.Segment is { } segment ? NameAndStatus(segment) : Text(range.Name);

    /// <summary>
    /// "1234: 7f0012340000 rw-s 1240: -": where each process has the range, in columns of one width.
    /// </summary>
    public static string Places(ShmSharedRange range, string separator = "  ")
    {
        const int AddressWidth = 14;
        var width = range.Places.Length == 0 ? 0 : range.Places.Max(static place => Number(place.ProcessId).Length);
        return string.Join(separator, range.Places.Select(place =>
        {
            var id = Number(place.ProcessId).PadLeft(width);
            return place.Address is { } address
                ? $"{id}: {Address((long)address).PadLeft(AddressWidth)} "
                    + $"{Protection(place.Protection)}{(place.IsShared ? 's' : 'p')}"
                : $"{id}: {"-".PadRight(AddressWidth + 5)}";
        })).TrimEnd();

        static string Number(int id) => id.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The call, and below it its result.</summary>
    public static string CallAndOutcome(ShmCall call) => $"{Text(call.Call)}\n= {Outcome(call)}";

    /// <summary>The result of a call: an address in hexadecimal, a number, or the errno.</summary>
    public static string Outcome(ShmCall call) => call.Call.StartsWith("SIG", StringComparison.Ordinal)
        ? Address(call.Address)
        : call.Error ?? call.Result switch
        {
            null => "?",
            { } address when call.Call is "mmap" or "shmat" or "mremap" =>
                string.Create(CultureInfo.InvariantCulture, $"0x{address:x}"),
            { } number => number.ToString(CultureInfo.InvariantCulture),
        };

    /// <summary>Where a leaked mapping lies, or the number of a leaked descriptor.</summary>
    public static string Place(ShmLeak leak) => leak switch
    {
        { Address: { } address } => Address(address),
        { Descriptor: { } descriptor } => string.Create(CultureInfo.InvariantCulture, $"fd {descriptor}"),
        _ => "",
    };
}
