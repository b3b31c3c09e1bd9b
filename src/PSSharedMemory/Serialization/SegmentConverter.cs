using System;
using System.Collections;
using System.Globalization;
using System.IO;
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
        throw new PSInvalidCastException($"A segment cannot be made a {destinationType}.");

    private static ShmSegment Segment(PSObject source) => new()
    {
        Kind = Value<ShmKind>(source, nameof(ShmSegment.Kind)),
        Name = Value<string?>(source, nameof(ShmSegment.Name)),
        Id = Value<long?>(source, nameof(ShmSegment.Id)),
        Key = Key(source),
        Size = Value<long>(source, nameof(ShmSegment.Size)),
        Allocated = Value<long?>(source, nameof(ShmSegment.Allocated)),
        Mode = Value<UnixFileMode>(source, nameof(ShmSegment.Mode)),
        Owner = Value<string?>(source, nameof(ShmSegment.Owner)) ?? "",
        Group = Value<string?>(source, nameof(ShmSegment.Group)) ?? "",
        UserId = Value<uint>(source, nameof(ShmSegment.UserId)),
        GroupId = Value<uint>(source, nameof(ShmSegment.GroupId)),
        AttachCount = Value<long?>(source, nameof(ShmSegment.AttachCount)),
        CreatorProcessId = Value<int?>(source, nameof(ShmSegment.CreatorProcessId)),
        LastProcessId = Value<int?>(source, nameof(ShmSegment.LastProcessId)),
        AttachTime = Value<DateTime?>(source, nameof(ShmSegment.AttachTime)),
        DetachTime = Value<DateTime?>(source, nameof(ShmSegment.DetachTime)),
        ChangeTime = Value<DateTime?>(source, nameof(ShmSegment.ChangeTime)),
        Status = Value<ShmSegmentStatus>(source, nameof(ShmSegment.Status)),
        Rss = Value<long?>(source, nameof(ShmSegment.Rss)),
        Swap = Value<long?>(source, nameof(ShmSegment.Swap)),
        Device = Value<ulong?>(source, nameof(ShmSegment.Device)),
        Inode = Value<ulong?>(source, nameof(ShmSegment.Inode)),
        Seals = Value<ShmSeals?>(source, nameof(ShmSegment.Seals)),
        Namespace = Value<string?>(source, nameof(ShmSegment.Namespace)) is { Length: > 0 } place ? place : null,
        NamespaceId = Value<long?>(source, nameof(ShmSegment.NamespaceId)),
    };

    private static ShmStat Stat(PSObject source)
    {
        var finding = new HolderFinding(
            Value<int?>(source, nameof(ShmStat.HolderCount)),
            Value<ShmVerdict>(source, nameof(ShmStat.Verdict)),
            Items(source, nameof(ShmStat.Evidence)).Select(static item => $"{item}").ToArray());
        var attachments = Items(source, nameof(ShmStat.Attachments))
            .Select(static item => (item as PSObject)?.BaseObject as ShmAttachment ?? item as ShmAttachment
                ?? Attachment(PSObject.AsPSObject(item)))
            .ToArray();
        return new ShmStat(Segment(source), attachments, finding)
        {
            IsCreatorAlive = Value<bool?>(source, nameof(ShmStat.IsCreatorAlive)),
            IsOrphan = Value<bool?>(source, nameof(ShmStat.IsOrphan)),
        };
    }

    private static ShmAttachment Attachment(PSObject source)
    {
        var segment = Property(source, nameof(ShmAttachment.Segment));
        return new ShmAttachment
        {
            ProcessId = Value<int>(source, nameof(ShmAttachment.ProcessId)),
            Command = Value<string?>(source, nameof(ShmAttachment.Command)) ?? "",
            User = Value<string?>(source, nameof(ShmAttachment.User)) ?? "",
            UserId = Value<uint>(source, nameof(ShmAttachment.UserId)),
            Kind = Value<ShmAreaKind>(source, nameof(ShmAttachment.Kind)),
            Segment = segment switch
            {
                null or string => null,
                PSObject { BaseObject: ShmSegment live } => live,
                ShmSegment live => live,
                _ => Segment(PSObject.AsPSObject(segment)),
            },
            Label = Value<string?>(source, nameof(ShmAttachment.Label)) ?? "",
            Address = Value<long?>(source, nameof(ShmAttachment.Address)),
            Offset = Value<long?>(source, nameof(ShmAttachment.Offset)),
            Length = Value<long?>(source, nameof(ShmAttachment.Length)),
            Protection = Value<ShmProtection>(source, nameof(ShmAttachment.Protection)),
            IsCopyOnWrite = Value<bool>(source, nameof(ShmAttachment.IsCopyOnWrite)),
            Descriptor = Value<int?>(source, nameof(ShmAttachment.Descriptor)),
            Rss = Value<long?>(source, nameof(ShmAttachment.Rss)),
            Pss = Value<long?>(source, nameof(ShmAttachment.Pss)),
            Swap = Value<long?>(source, nameof(ShmAttachment.Swap)),
            IsRemoved = Value<bool>(source, nameof(ShmAttachment.IsRemoved)),
            Namespace = Value<string?>(source, nameof(ShmAttachment.Namespace)),
            ProcessStartTicks = Value<long>(source, nameof(ShmAttachment.ProcessStartTicks)),
        };
    }

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

    // Enumerations come as text over remoting and as numbers in JSON.
    private static T Value<T>(PSObject source, string name)
    {
        var value = Property(source, name);
        if (value is null || (value is string { Length: 0 } && typeof(T) != typeof(string)))
        {
            return default!;
        }

        return (T)LanguagePrimitives.ConvertTo(
            value, Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T), CultureInfo.InvariantCulture);
    }
}
