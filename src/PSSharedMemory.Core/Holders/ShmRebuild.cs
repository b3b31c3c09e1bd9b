using System;
using System.IO;

namespace PSSharedMemory;

/// <summary>
/// Makes segments, stats and attachments again from properties of the same names. They are data, so this is all of
/// them; a memfd's descriptor does not travel. Whether the segment is still the same is checked when it's used.
/// </summary>
public static class ShmRebuild
{
    /// <summary>A segment.</summary>
    public static ShmSegment Segment(IShmProperties from) => new ShmSegment
    {
        Kind = from.ValueOf<ShmKind>(nameof(ShmSegment.Kind)),
        Name = from.ValueOf<string?>(nameof(ShmSegment.Name)),
        Id = from.ValueOf<long?>(nameof(ShmSegment.Id)),
        Key = from.ValueOf<int?>(nameof(ShmSegment.Key)),
        Size = from.ValueOf<long>(nameof(ShmSegment.Size)),
        Allocated = from.ValueOf<long?>(nameof(ShmSegment.Allocated)),
        Mode = from.ValueOf<UnixFileMode>(nameof(ShmSegment.Mode)),
        Owner = from.ValueOf<string?>(nameof(ShmSegment.Owner)) ?? "",
        Group = from.ValueOf<string?>(nameof(ShmSegment.Group)) ?? "",
        UserId = from.ValueOf<uint>(nameof(ShmSegment.UserId)),
        GroupId = from.ValueOf<uint>(nameof(ShmSegment.GroupId)),
        AttachCount = from.ValueOf<long?>(nameof(ShmSegment.AttachCount)),
        CreatorProcessId = from.ValueOf<int?>(nameof(ShmSegment.CreatorProcessId)),
        LastProcessId = from.ValueOf<int?>(nameof(ShmSegment.LastProcessId)),
        AttachTime = from.ValueOf<DateTime?>(nameof(ShmSegment.AttachTime)),
        DetachTime = from.ValueOf<DateTime?>(nameof(ShmSegment.DetachTime)),
        ChangeTime = from.ValueOf<DateTime?>(nameof(ShmSegment.ChangeTime)),
        Status = from.ValueOf<ShmSegmentStatus>(nameof(ShmSegment.Status)),
        Rss = from.ValueOf<long?>(nameof(ShmSegment.Rss)),
        Swap = from.ValueOf<long?>(nameof(ShmSegment.Swap)),
        Device = from.ValueOf<ulong?>(nameof(ShmSegment.Device)),
        Inode = from.ValueOf<ulong?>(nameof(ShmSegment.Inode)),
        Seals = from.ValueOf<ShmSeals?>(nameof(ShmSegment.Seals)),
        Namespace = from.ValueOf<string?>(nameof(ShmSegment.Namespace)) is { Length: > 0 } place ? place : null,
        NamespaceId = from.ValueOf<long?>(nameof(ShmSegment.NamespaceId)),
    };

    /// <summary>A segment with its holders.</summary>
    /// <param name="from">The properties.</param>
    /// <param name="attachments">What its holders were.</param>
    /// <param name="evidence">What the verdict rested on.</param>
    public static ShmStat Stat(IShmProperties from, ShmAttachment[] attachments, string[] evidence) => new ShmStat(
        Segment(from),
        attachments,
        new HolderFinding(
            from.ValueOf<int?>(nameof(ShmStat.HolderCount)), from.ValueOf<ShmVerdict>(nameof(ShmStat.Verdict)),
            evidence))
    {
        IsCreatorAlive = from.ValueOf<bool?>(nameof(ShmStat.IsCreatorAlive)),
        IsOrphan = from.ValueOf<bool?>(nameof(ShmStat.IsOrphan)),
        JudgedTime = from.ValueOf<DateTime?>(nameof(ShmStat.JudgedTime)),
    };

    /// <summary>An attachment.</summary>
    /// <param name="from">The properties.</param>
    /// <param name="segment">What it's of; null for what could not be looked into.</param>
    public static ShmAttachment Attachment(IShmProperties from, ShmSegment? segment) => new ShmAttachment
    {
        ProcessId = from.ValueOf<int>(nameof(ShmAttachment.ProcessId)),
        Command = from.ValueOf<string?>(nameof(ShmAttachment.Command)) ?? "",
        User = from.ValueOf<string?>(nameof(ShmAttachment.User)) ?? "",
        UserId = from.ValueOf<uint>(nameof(ShmAttachment.UserId)),
        Kind = from.ValueOf<ShmAreaKind>(nameof(ShmAttachment.Kind)),
        Segment = segment,
        Label = from.ValueOf<string?>(nameof(ShmAttachment.Label)) ?? "",
        Address = from.ValueOf<long?>(nameof(ShmAttachment.Address)),
        Offset = from.ValueOf<long?>(nameof(ShmAttachment.Offset)),
        Length = from.ValueOf<long?>(nameof(ShmAttachment.Length)),
        Protection = from.ValueOf<ShmProtection>(nameof(ShmAttachment.Protection)),
        IsCopyOnWrite = from.ValueOf<bool>(nameof(ShmAttachment.IsCopyOnWrite)),
        Descriptor = from.ValueOf<int?>(nameof(ShmAttachment.Descriptor)),
        Rss = from.ValueOf<long?>(nameof(ShmAttachment.Rss)),
        Pss = from.ValueOf<long?>(nameof(ShmAttachment.Pss)),
        Swap = from.ValueOf<long?>(nameof(ShmAttachment.Swap)),
        IsRemoved = from.ValueOf<bool>(nameof(ShmAttachment.IsRemoved)),
        Namespace = from.ValueOf<string?>(nameof(ShmAttachment.Namespace)),
        ProcessStartTicks = from.ValueOf<long>(nameof(ShmAttachment.ProcessStartTicks)),
    };
}
