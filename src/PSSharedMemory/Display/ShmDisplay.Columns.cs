using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <content>The columns and items of the views that are more than one property written in its way.</content>
public static partial class ShmDisplay
{
    /// <summary>What a view shows of an object under this name; null where its type has no such column.</summary>
    /// <param name="row">The object, or what remoting has left of one.</param>
    /// <param name="column">The first word of a format string.</param>
    public static string? Column(object row, string column) => (row, column) switch
    {
        (ShmStat stat, "Verdict") => Verdict(stat, HostScreen.Style()),
        (ShmStat stat, "Holders") => Holders(stat),
        (ShmStat stat, "LabelAndHolders") => LabelAndHolders(stat),
        (ShmSegment segment, "LabelAndStatus") => LabelAndStatus(segment),
        (ShmAttachment attachment, "Place") => Place(attachment),
        (ShmAttachment attachment, "Held") => Held(attachment),
        (ShmHolder holder, "Held") => Held(holder),
        (ShmMatch match, "Found") => Found(match),
        (ShmAddressRegion region, "Protection") => Protection(region),
        (ShmAddressRegion region, "Position") => Position(region),
        (ShmAddressRegion region, "Region") => Region(region),
        (ShmSharedRange range, "Name") => Name(range),
        (ShmSharedRange range, "Places") => Places(range),
        (ShmSharedRange range, "PlacesInLines") => Places(range, "\n"),
        (ShmCall call, "Outcome") => Outcome(call),
        (ShmCall call, "CallAndOutcome") => CallAndOutcome(call),
        (ShmCall call, "ArgumentsOrDetail") => ArgumentsOf(call),
        (ShmLeak leak, "Place") => Place(leak),
        (ShmNamespace place, "Containers") => Containers(place),
        (ShmNamespace place, "PodOrPlace") => PodOrPlace(place),
        (ShmLimit limit, "NameAndPlace") => NameAndPlace(limit),
        (ShmLimit limit, "Use") => Amount(limit.Use, limit.Unit),
        (ShmLimit limit, "Limit") => Limit(limit),
        (ShmLimit limit, "Percent") => Percent(limit, HostScreen.Style()),
        (ShmHostCheck check, "Result") => Result(check, HostScreen.Style()),
        (ShmHostCheck check, "DetailAndFix") => DetailAndFix(check),
        (ShmEvent one, "By") => By(one),
        (ShmField field, "Offset") => ShmTypeDisplay.Offset(field),
        (ShmField field, "Size") => ShmTypeDisplay.Size(field),
        (PSObject bag, "Offset") when TravelledObject.Was(bag, typeof(ShmField)) => OffsetOfField(bag),
        (PSObject bag, "Size") when TravelledObject.Was(bag, typeof(ShmField)) => SizeOfField(bag),
        (_, "ProtectionOfPages") => ProtectionOfPages(row),
        (_, "SegmentOfMapping") => SegmentOf(row),
        (_, "KnownBy") => KnownBy(row),
        _ => null,
    };

    /// <summary>What a view without columns shows of an object.</summary>
    /// <param name="row">The object, or what remoting has left of one.</param>
    public static string Whole(object row) => row switch
    {
        ShmHexLine line => HexLine(line, HostScreen.Style()),
        ShmType => TypeTable(row),
        ShmMap => Map(row, HostScreen.Style()),
        PSObject bag when TravelledObject.Was(bag, typeof(ShmType)) => TypeTable(bag),
        PSObject bag when TravelledObject.Was(bag, typeof(ShmMap)) => Map(bag, null),
        _ => $"{row}",
    };
}
