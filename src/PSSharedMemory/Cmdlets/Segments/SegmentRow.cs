using System;
using System.Collections;
using System.IO;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A segment that is to be made, as it's piped: a name, or a row with a Name or a Key, a Size and a Mode. What a
/// listing wrote, here or into a file, means another one of the same name, size and mode.
/// </summary>
/// <param name="Name">The name of a POSIX object, as given; null for System V.</param>
/// <param name="Key">The key, as given; null for POSIX.</param>
/// <param name="Size">Bytes; null where the row has none.</param>
/// <param name="Mode">The mode as text; null where the row has none.</param>
internal sealed record SegmentRow(string? Name, string? Key, long? Size, string? Mode)
{
    /// <summary>What is meant by an object of the pipeline.</summary>
    /// <exception cref="ShmException">InvalidName, InvalidSize.</exception>
    public static SegmentRow Read(object? input)
    {
        var plain = input is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : input;
        return plain switch
        {
            string name => new SegmentRow(name, null, null, null),
            FileInfo file when file.FullName.StartsWith("/dev/shm/", StringComparison.Ordinal) =>
                new SegmentRow(file.FullName, null, null, null),
            IDictionary when TravelledObject.WasDictionary(input) => throw Refuse(
                "This is a copy of a dictionary's entries, not a row with a Name and a Size.", input),
            IDictionary table => Of(name => table.Keys.Cast<object>()
                .FirstOrDefault(key => name.Equals($"{key}", StringComparison.OrdinalIgnoreCase)) is { } key
                    ? table[key]
                    : null, table),
            ShmMapping mapping => Of(PSObject.AsPSObject(mapping.Segment)),
            ShmAttachment { Segment: { } segment } => Of(PSObject.AsPSObject(segment)),
            ShmSegment segment => Of(PSObject.AsPSObject(segment)),
            PSObject row when TravelledObject.Was(row, typeof(ShmSegment)) || TravelledObject.IsRow(row) => Of(row),
            // A number may be a key or a name: the parser of names tells how to say which.
            IConvertible and not bool and not DateTime and not DBNull => new SegmentRow($"{plain}", null, null, null),
            _ => throw Refuse($"'{plain}' isn't the name of a segment, nor a row with a Name and a Size.", input),
        };
    }

    private static SegmentRow Of(PSObject row) => Of(name => row.Properties[name]?.Value, row);

    private static SegmentRow Of(Func<string, object?> value, object row)
    {
        string? Text(string name) => value(name) is { } one && $"{one}" is { Length: > 0 } text
            ? IsSimple(one) ? text : throw Refuse($"'{text}' isn't a {name}: give one text or number.", row)
            : null;

        var name = Text("Name");
        var key = Text("Key") is { } given && given != "0" && given != SysVKey.ToText(0) ? given : null;
        if (name is not null && key is not null)
        {
            throw Refuse($"'{name}' has the key {key} too, and no segment has both. Give one of them.", row);
        }

        var label = Text("Label") ?? name ?? key ?? "This object";
        if (Text("Namespace") is { } place)
        {
            throw Refuse($"{label} is in {place}: segments are made here. Give its name or key alone.", row);
        }

        if (Text("Kind") is "MemFd" or "Anonymous" || (name ?? key) is null)
        {
            throw Refuse($"{label} has no name or key for the new segment. Use -Private or -Anonymous.", row);
        }

        return new SegmentRow(
            name, key, Bytes(value("Size"), label), Text("UnixMode") ?? ModeText(value("Mode"), label));
    }

    /// <summary>
    /// A number is octal digits where a user wrote it, and bits where ConvertTo-Json did: one that could be both is
    /// refused, so that 416 of mode 0640 doesn't become 0416, which lets everybody write.
    /// </summary>
    private static string? ModeText(object? mode, string label)
    {
        if (mode is null || $"{mode}" is not { Length: > 0 } text)
        {
            return null;
        }

        var isNumber = PlainObject.Of(mode) is IConvertible and not string and not Enum
            && !(mode is PSObject travelled && TravelledObject.Was(travelled, typeof(UnixFileMode)));
        if (isNumber && int.TryParse(text, out var bits) && bits is > 7 and <= 0x1FF)
        {
            throw new ShmException(
                ShmErrorId.InvalidMode,
                $"The number {text} as the mode of {label} may be octal digits, or what JSON makes of "
                    + $"'{ModeArgument.ToText((UnixFileMode)bits)}'. Give it as text, such as '0640'.", mode);
        }

        return text;
    }

    // A list or an object has a text too, but none that a user meant.
    private static bool IsSimple(object value) =>
        PlainObject.Of(value) is string or (IConvertible and not bool and not DateTime and not DBNull);

    private static long? Bytes(object? size, string label)
    {
        if (size is null or "" || $"{size}".Length == 0)
        {
            return null;
        }

        return IsSimple(size)
            && LanguagePrimitives.TryConvertTo<long>(new ByteCountAttribute().Transform(null!, size), out var bytes)
            ? bytes
            : throw new ShmException(
                ShmErrorId.InvalidSize,
                $"'{size}' isn't the size of {label}. Use bytes, such as 4096 or '64 KB'.", size);
    }

    private static ShmException Refuse(string message, object? target) => new(ShmErrorId.InvalidName, message, target);
}
