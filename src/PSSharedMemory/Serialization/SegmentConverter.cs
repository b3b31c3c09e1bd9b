using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Makes segments, stats and attachments again from what remoting, a job or ConvertFrom-Json brings: objects with the
/// same properties. A segment stays data, so this is all of it; a memfd's descriptor does not travel.
/// </summary>
public sealed class SegmentConverter : PSTypeConverter
{
    /// <inheritdoc/>
    public override bool CanConvertFrom(object sourceValue, Type destinationType) =>
        sourceValue is PSObject source && source.BaseObject is not ShmSegment and not ShmAttachment
        && source.Properties["Kind"] is not null
        && (destinationType == typeof(ShmAttachment)
            ? source.Properties["ProcessId"] is not null
            : source.Properties["Size"] is not null);

    /// <inheritdoc/>
    public override object ConvertFrom(
        object sourceValue, Type destinationType, IFormatProvider formatProvider, bool ignoreCase)
    {
        var source = (PSObject)sourceValue;
        object made = destinationType == typeof(ShmAttachment) ? Attachment(source)
            // What a stat says of its use decides how it may be removed: it stays one where a segment is asked for.
            : destinationType == typeof(ShmStat) || source.Properties[nameof(ShmStat.Verdict)] is not null
            ? Stat(source)
            : Segment(source);
        ForeignHost.Mark(made, source);
        return made;
    }

    /// <inheritdoc/>
    public override bool CanConvertTo(object sourceValue, Type destinationType) => false;

    /// <inheritdoc/>
    public override object ConvertTo(
        object sourceValue, Type destinationType, IFormatProvider formatProvider, bool ignoreCase) =>
        throw new PSInvalidCastException($"Cannot convert a segment to {destinationType}.");

    private static ShmSegment Segment(PSObject source) => ShmRebuild.Segment(new Properties(source));

    private static ShmStat Stat(PSObject source) => ShmRebuild.Stat(
        new Properties(source),
        [.. Items(source, nameof(ShmStat.Attachments)).Select(static item =>
            (item as PSObject)?.BaseObject as ShmAttachment ?? item as ShmAttachment
                ?? Attachment(PSObject.AsPSObject(item)))],
        [.. Items(source, nameof(ShmStat.Evidence)).Select(static item => $"{item}")]);

    private static ShmAttachment Attachment(PSObject source) => ShmRebuild.Attachment(
        new Properties(source),
        Property(source, nameof(ShmAttachment.Segment)) switch
        {
            null or string => null,
            PSObject { BaseObject: ShmSegment live } => live,
            ShmSegment live => live,
            { } segment => Segment(PSObject.AsPSObject(segment)),
        });

    // A CSV has it in hexadecimal, JSON as a number.
    private static int? Key(PSObject source) => Property(source, nameof(ShmSegment.Key)) is { } key
        && $"{key}".Length > 0
        ? SysVKey.TryParse($"{key}", out var number)
            ? number
            : throw new PSInvalidCastException($"'{key}' isn't a key.")
        : null;

    private static object? Property(PSObject source, string name) => source.Properties[name]?.Value;

    private static object[] Items(PSObject source, string name) => Property(source, name) switch
    {
        null => [],
        PSObject { BaseObject: IEnumerable items } when items is not string => [.. items.Cast<object>()],
        IEnumerable items when items is not string => [.. items.Cast<object>()],
        { } one => [one],
    };

    private sealed class Properties(PSObject source) : IShmProperties
    {
        // Enumerations come as text over remoting and as numbers in JSON.
        public T ValueOf<T>(string name)
        {
            var value = name == nameof(ShmSegment.Key) ? Key(source) : Property(source, name);
            if (value is null || (value is string { Length: 0 } && typeof(T) != typeof(string)))
            {
                return default!;
            }

            var made = Conversion.To<T>(value);
            // A CSV drops the zone: times are UTC.
            return made is DateTime { Kind: DateTimeKind.Unspecified } time
                ? (T)(object)DateTime.SpecifyKind(time, DateTimeKind.Utc)
                : made;
        }
    }
}
