using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <content>Rows of properties: what a CSV, JSON or Select-Object makes of an object.</content>
internal static partial class TargetFinder
{
    // By what an attachment's segment became on its way: text, or a row of its own.
    private static bool IsNameless(PSObject bag) =>
        (bag.Properties["Segment"]?.Value is PSObject row ? Text(row, "Label") : Text(bag, "Segment")) is { } label
        && (label.StartsWith("memfd:", StringComparison.Ordinal)
            || label.StartsWith("anonymous:", StringComparison.Ordinal)
            || "True".Equals(Text(bag, "IsRemoved"), StringComparison.OrdinalIgnoreCase));

    private static ShmSegment? OfHolder(PSObject bag) => Text(bag, "ProcessId") is not { } process ? null
        : Text(bag, "Descriptor") is { } descriptor
        ? HeldSegments.FromDescriptor(Convert<int>(process), Convert<int>(descriptor))
        : Text(bag, "Address") is { } address ? HeldSegments.FromAddress(Convert<int>(process), Convert<long>(address))
        : null;

    private static PSObject ToBag(IDictionary table)
    {
        var bag = new PSObject();
        foreach (DictionaryEntry entry in table)
        {
            if (entry.Key is string { Length: > 0 } name)
            {
                bag.Properties.Add(new PSNoteProperty(name, entry.Value));
            }
        }

        return bag;
    }

    /// <summary>What remoting, a file, Select-Object or a user made: an object with some of the properties.</summary>
    private static Target OfBag(PSObject bag)
    {
        if (TravelledObject.Was(bag, typeof(ShmMapping)))
        {
            throw Refuse(
                "This is a copy of a mapping in another process. Mount the segment here: Mount-ShmSegment "
                    + $"{Text(bag, "Segment")}.", bag);
        }

        ForeignHost.Refuse(bag, Text(bag, "Name") ?? Text(bag, "Id") ?? "This");
        if (HasIdentity(bag))
        {
            return new Target(Check(Convert<ShmSegment>(bag)));
        }

        // The label of an object without a name leads nowhere.
        if (IsNameless(bag) && OfHolder(bag) is { } held)
        {
            return new Target(held);
        }

        if (bag.Properties["Segment"]?.Value is { } segment)
        {
            return segment is "" ? throw Nameless(bag, "This") : Find(segment);
        }

        // A name or an id of another namespace is never one of here.
        if (Text(bag, "Namespace") is { } place)
        {
            return OfBagElsewhere(bag, place);
        }

        if (OfHolder(bag) is { } found)
        {
            return new Target(found);
        }

        if (IsProcessLike(bag))
        {
            throw Refuse(
                "This object is a process, not a segment. Get-ShmAttachment -ProcessId shows what a process holds.",
                bag);
        }

        if (OtherKind(bag) is { } kind)
        {
            throw Refuse($"This object is {kind}, not a segment.", bag);
        }

        if ((Text(bag, "LiteralName") ?? Text(bag, "Name")) is { } name)
        {
            // A name without '/' beside an id may be anything's: a process, a job, an event.
            return Text(bag, "Kind") is "MemFd" || (Text(bag, "Id") is not null && !name.StartsWith('/'))
                ? throw Refuse($"'{name}' isn't the name of a segment that can be found.", bag)
                : new Target(ByName(name));
        }

        if (Text(bag, "Id") is { } id)
        {
            return new Target(SysVSegments.FromId(Convert<int>(id)));
        }

        if ((Text(bag, "Key") ?? Text(bag, "HexKey")) is { } key)
        {
            return new Target(SysVSegments.FromKey(KeyArgument.Parse(key)));
        }

        // The column that every view has: a name, or "id 3".
        return Text(bag, "Label") is { } label && (label.StartsWith('/') || IsIdLabel(label, out _))
            ? new Target(ByText(label))
            : throw Refuse("This object isn't a segment: it has no Name, Id or Key.", bag);
    }

    // What this module writes of other things has names as well, and a segment may be called the same.
    private static readonly (string One, string Other, string Kind)[] OtherKinds =
    [
        ("Use", "Unit", "a limit"), ("Result", "Fix", "a check of the host"), ("Fields", "Alignment", "a type"),
        ("TypeName", "Offset", "a field of a type"), ("Patterns", "OutlivesUsers", "an origin"),
    ];

    private static string? OtherKind(PSObject bag) => OtherKinds.FirstOrDefault(
        other => bag.Properties[other.One] is not null && bag.Properties[other.Other] is not null).Kind;

    private static Target OfBagElsewhere(PSObject bag, string place)
    {
        var name = Text(bag, "LiteralName") ?? Text(bag, "Name");
        var id = Text(bag, "Id");
        var key = Text(bag, "Key");
        if ((name ?? id ?? key) is null)
        {
            throw Refuse("This object isn't a segment: it has no Name, Id or Key.", bag);
        }

        var found = NamespaceMap.Read().Find(place).SelectMany(ShmNamespaces.Segments)
            .Where(segment => name is not null ? segment.Kind == ShmKind.Posix && segment.Name == name
                : id is not null ? segment.Kind == ShmKind.SysV && segment.Id == Convert<int>(id)
                : segment.Kind == ShmKind.SysV && segment.Key == KeyArgument.Parse(key!) && segment.Key != 0)
            .ToArray();
        return found.Length == 1 ? new Target(found[0]) : throw new ShmException(
            ShmErrorId.SegmentNotFound, $"There is no segment {name ?? id ?? key} in {place}.", bag);
    }

    private static bool IsBagOfSegment(PSObject bag) =>
        TravelledObject.Was(bag, typeof(ShmSegment)) || TravelledObject.Was(bag, typeof(ShmMapping))
            || HasIdentity(bag);

    private static readonly string[] ProcessProperties =
        ["ProcessName", "ProcessId", "SI", "Handles", "CommandLine", "Command"];

    private static bool IsProcessLike(PSObject bag) =>
        ProcessProperties.Any(name => bag.Properties[name] is not null)
        || bag.TypeNames.Any(static name => name.EndsWith("System.Diagnostics.Process", StringComparison.Ordinal));

    // Only an object that says which one it was is compared with the one of now.
    private static bool HasIdentity(PSObject bag) => Text(bag, "Kind") is { } kind && Text(bag, "Size") is not null
        && (Text(bag, "Inode") is not null ? Text(bag, "Device") is not null
            : bag.Properties["CreatorProcessId"] is not null && Text(bag, "Id") is not null && kind is "SysV" or "0");

    private static string? Text(PSObject bag, string property) =>
        bag.Properties[property]?.Value is { } value && $"{value}" is { Length: > 0 } text ? text : null;

    private static T Convert<T>(object value)
    {
        try
        {
            if (typeof(T) != typeof(ShmSegment))
            {
                WholeNumberAttribute.Check(value);
            }

            return Conversion.To<T>(value);
        }
        catch (ArgumentTransformationMetadataException error)
        {
            throw Refuse(error.Message, value);
        }
        catch (PSInvalidCastException)
        {
            throw Refuse($"'{value}' cannot be read as {TypeWords.Of(typeof(T))}.", value);
        }
    }
}
