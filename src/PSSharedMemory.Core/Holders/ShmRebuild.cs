using System;
using System.IO;

namespace PSSharedMemory;

/// <summary>
/// The properties of an object that has travelled: by remoting, as JSON or CSV. A value may have become text or another
/// number type on the way.
/// </summary>
public interface IShmProperties
{
    /// <summary>A property's value as the type has it; the type's default where there is none.</summary>
    T Get<T>(string name);
}

/// <summary>
/// Makes segments, stats and attachments again from properties of the same names. They are data, so this is all of
/// them; a memfd's descriptor does not travel. Whether the segment is still the same is checked when it's used.
/// </summary>
public static class ShmRebuild
{
    /// <summary>A segment.</summary>
    public static ShmSegment Segment(IShmProperties from) => new ShmSegment
    {
        Kind = from.Get<ShmKind>(nameof(ShmSegment.Kind)),
        Name = from.Get<string?>(nameof(ShmSegment.Name)),
        Id = from.Get<long?>(nameof(ShmSegment.Id)),
        Key = from.Get<int?>(nameof(ShmSegment.Key)),
        Size = from.Get<long>(nameof(ShmSegment.Size)),
        Allocated = from.Get<long?>(nameof(ShmSegment.Allocated)),
        Mode = from.Get<UnixFileMode>(nameof(ShmSegment.Mode)),
        Owner = from.Get<string?>(nameof(ShmSegment.Owner)) ?? "",
        Group = from.Get<string?>(nameof(ShmSegment.Group)) ?? "",
        UserId = from.Get<uint>(nameof(ShmSegment.UserId)),
        GroupId = from.Get<uint>(nameof(ShmSegment.GroupId)),
        AttachCount = from.Get<long?>(nameof(ShmSegment.AttachCount)),
        CreatorProcessId = from.Get<int?>(nameof(ShmSegment.CreatorProcessId)),
        LastProcessId = from.Get<int?>(nameof(ShmSegment.LastProcessId)),
        AttachTime = from.Get<DateTime?>(nameof(ShmSegment.AttachTime)),
        DetachTime = from.Get<DateTime?>(nameof(ShmSegment.DetachTime)),
        ChangeTime = from.Get<DateTime?>(nameof(ShmSegment.ChangeTime)),
        Status = from.Get<ShmSegmentStatus>(nameof(ShmSegment.Status)),
        Rss = from.Get<long?>(nameof(ShmSegment.Rss)),
        Swap = from.Get<long?>(nameof(ShmSegment.Swap)),
        Device = from.Get<ulong?>(nameof(ShmSegment.Device)),
        Inode = from.Get<ulong?>(nameof(ShmSegment.Inode)),
        Seals = from.Get<ShmSeals?>(nameof(ShmSegment.Seals)),
        Namespace = from.Get<string?>(nameof(ShmSegment.Namespace)) is { Length: > 0 } place ? place : null,
        NamespaceId = from.Get<long?>(nameof(ShmSegment.NamespaceId)),
    };

    /// <summary>A segment with its holders.</summary>
    /// <param name="from">The properties.</param>
    /// <param name="attachments">What its holders were.</param>
    /// <param name="evidence">What the verdict rested on.</param>
    public static ShmStat Stat(IShmProperties from, ShmAttachment[] attachments, string[] evidence) => new ShmStat(
        Segment(from),
        attachments,
        new HolderFinding(
            from.Get<int?>(nameof(ShmStat.HolderCount)), from.Get<ShmVerdict>(nameof(ShmStat.Verdict)), evidence))
    {
        IsCreatorAlive = from.Get<bool?>(nameof(ShmStat.IsCreatorAlive)),
        IsOrphan = from.Get<bool?>(nameof(ShmStat.IsOrphan)),
    };

    /// <summary>An attachment.</summary>
    /// <param name="from">The properties.</param>
    /// <param name="segment">What it's of; null for what could not be looked into.</param>
    public static ShmAttachment Attachment(IShmProperties from, ShmSegment? segment) => new ShmAttachment
    {
        ProcessId = from.Get<int>(nameof(ShmAttachment.ProcessId)),
        Command = from.Get<string?>(nameof(ShmAttachment.Command)) ?? "",
        User = from.Get<string?>(nameof(ShmAttachment.User)) ?? "",
        UserId = from.Get<uint>(nameof(ShmAttachment.UserId)),
        Kind = from.Get<ShmAreaKind>(nameof(ShmAttachment.Kind)),
        Segment = segment,
        Label = from.Get<string?>(nameof(ShmAttachment.Label)) ?? "",
        Address = from.Get<long?>(nameof(ShmAttachment.Address)),
        Offset = from.Get<long?>(nameof(ShmAttachment.Offset)),
        Length = from.Get<long?>(nameof(ShmAttachment.Length)),
        Protection = from.Get<ShmProtection>(nameof(ShmAttachment.Protection)),
        IsCopyOnWrite = from.Get<bool>(nameof(ShmAttachment.IsCopyOnWrite)),
        Descriptor = from.Get<int?>(nameof(ShmAttachment.Descriptor)),
        Rss = from.Get<long?>(nameof(ShmAttachment.Rss)),
        Pss = from.Get<long?>(nameof(ShmAttachment.Pss)),
        Swap = from.Get<long?>(nameof(ShmAttachment.Swap)),
        IsRemoved = from.Get<bool>(nameof(ShmAttachment.IsRemoved)),
        Namespace = from.Get<string?>(nameof(ShmAttachment.Namespace)),
        ProcessStartTicks = from.Get<long>(nameof(ShmAttachment.ProcessStartTicks)),
    };
}
