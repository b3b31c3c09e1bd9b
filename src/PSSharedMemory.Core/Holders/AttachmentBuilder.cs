using System;
using System.Collections.Generic;
using System.IO;

namespace PSSharedMemory;

/// <summary>Ties what processes hold to the segments it belongs to.</summary>
internal sealed class AttachmentBuilder
{
    private readonly ProcessScan _scan;
    private readonly SegmentIndex _index;
    private readonly AccountNames _accounts = new();
    private readonly Dictionary<(ulong Device, ulong Inode), ShmSegment> _unlisted = [];

    private readonly Dictionary<int, UsageSource>? _usage;

    private readonly ForeignSegments _foreign;

    private AttachmentBuilder(ProcessScan scan, SegmentIndex index, bool readsUsageLater, bool listsForeign)
    {
        _foreign = new ForeignSegments(scan, index, listsForeign);
        _usage = readsUsageLater ? [] : null;
        _scan = scan;
        _index = index;
    }

    /// <summary>The attachments of a pass, in its order.</summary>
    /// <param name="scan">What the pass found.</param>
    /// <param name="index">The segments that are known.</param>
    /// <param name="readsUsageLater">Whether Rss, Pss and Swap are read when they are first asked.</param>
    /// <param name="listsForeign">Whether the segments of other IPC namespaces are looked up too.</param>
    public static List<ShmAttachment> Build(
        ProcessScan scan, SegmentIndex index, bool readsUsageLater, bool listsForeign)
    {
        var builder = new AttachmentBuilder(scan, index, readsUsageLater, listsForeign);
        builder.DescribeUnlisted();
        var attachments = new List<ShmAttachment>(scan.Areas.Count);
        foreach (var area in scan.Areas)
        {
            attachments.Add(builder.Build(area));
        }

        return attachments;
    }

    private ShmAttachment Build(HeldArea area)
    {
        var foreign = _foreign.NamespaceOf(area);
        var segment = foreign is null ? Find(area) : _foreign.Find(area);
        segment = segment is { Kind: ShmKind.SysV } && _scan.Devices.Huge.Contains(area.Device)
            ? HugeSegments.Note(segment)
            : segment;
        // Its own process leads there first.
        segment = segment is { HeldBy.Count: > 1 }
            || segment is { HeldBy.Count: 0, Kind: ShmKind.Posix, IsRemoved: true }
            ? new ShmSegment(segment) { HeldBy = [PlaceOf(area), .. segment.HeldBy] }
            : segment;
        return new ShmAttachment
        {
            ProcessId = area.Process.Id,
            Command = area.Process.Name,
            User = _accounts.User(area.Process.UserId),
            UserId = area.Process.UserId,
            ProcessStartTicks = (long)area.Process.StartTicks,
            Kind = area.Kind,
            Segment = segment,
            Label = segment?.ToString() ?? LabelOf(area),
            Address = area.IsMapped ? (long)area.Start : null,
            Offset = area.IsMapped ? (long)area.Offset : null,
            Length = area.IsMapped ? (long)(area.End - area.Start) : segment?.Size ?? area.Facts?.Size,
            Protection = (ShmProtection)(area.Access & (AreaAccess.Read | AreaAccess.Write | AreaAccess.Execute)),
            IsCopyOnWrite = area.IsMapped && (area.Access & AreaAccess.Shared) == 0,
            Descriptor = area.Descriptor < 0 ? null : area.Descriptor,
            Rss = area.Usage is { } usage ? usage.Rss + usage.Huge : null,
            Pss = area.Usage?.Pss,
            Swap = area.Usage?.Swap,
            IsRemoved = segment is { IsRemoved: true },
            Namespace = foreign,
            UsageSource = area.Usage is null ? UsageOf(area.Process) : null,
        };
    }

    private UsageSource? UsageOf(ProcessIdentity process)
    {
        if (_usage is null)
        {
            return null;
        }

        if (!_usage.TryGetValue(process.Id, out var source))
        {
            source = new UsageSource(process.Id, process.StartTicks);
            _usage.Add(process.Id, source);
        }

        return source;
    }

    private ShmSegment? Find(HeldArea area) => area.Kind == ShmAreaKind.SysV
        ? _index.Find(area.Kind, 0, area.Inode)
        : _index.Find(area.Kind, area.Device, area.Inode) ?? _unlisted.GetValueOrDefault((area.Device, area.Inode));

    // What isn't listed: memfds, and objects that were unlinked or came after the listing. Several areas may show the
    // same one, and only some of them its size.
    private void DescribeUnlisted()
    {
        Dictionary<(ulong Device, ulong Inode), Unlisted> unlisted = [];
        foreach (var area in _scan.Areas)
        {
            if (area.Kind is not (ShmAreaKind.Posix or ShmAreaKind.MemFd or ShmAreaKind.Anonymous)
                || _foreign.NamespaceOf(area) is not null
                || _index.Find(area.Kind, area.Device, area.Inode) is not null)
            {
                continue;
            }

            if (!unlisted.TryGetValue((area.Device, area.Inode), out var known))
            {
                unlisted[(area.Device, area.Inode)] = known = new Unlisted(area);
            }

            known.Add(area);
        }

        foreach (var (key, found) in unlisted)
        {
            var segment = found.First.Kind switch
            {
                ShmAreaKind.MemFd => DescribeMemFd(found.First, found.Facts, found.End),
                ShmAreaKind.Anonymous =>
                    Describe(ShmKind.Anonymous, null, ShmSegmentStatus.None, found.First, found.Facts, found.End),
                _ => DescribePosix(found.First, found.Facts, found.End),
            };
            // One that came after the listing has a name that leads to it.
            var isNamed = segment.Kind == ShmKind.Posix && segment.ChangeTime is not null;
            _unlisted[key] = isNamed ? segment : new ShmSegment(segment) { HeldBy = found.Places };
        }
    }

    /// <summary>What several areas show of one object.</summary>
    private sealed class Unlisted(HeldArea first)
    {
        // If so many have let go, so will have the others.
        private const int MostPlaces = 16;

        public HeldArea First => first;

        public FileFacts? Facts { get; private set; }

        public long End { get; private set; }

        public List<HeldPlace> Places { get; } = [];

        public void Add(HeldArea area)
        {
            Facts ??= area.Facts;
            End = Math.Max(End, (long)(area.Offset + area.End - area.Start));
            if (Places.Count < MostPlaces)
            {
                Places.Add(PlaceOf(area));
            }
        }
    }

    private static HeldPlace PlaceOf(HeldArea area) => new(
        area.Process.Id, area.Process.StartTicks, area.Descriptor < 0 ? null : area.Descriptor, area.Start, area.End);

    private ShmSegment DescribeMemFd(HeldArea area, FileFacts? facts, long end) =>
        Describe(
            ShmKind.MemFd, MemFdSegments.NameOf(ProcText.ToText(ShmDevices.MemFdLabel(area.PlainPath))),
            ShmSegmentStatus.None, area, facts, end);

    private ShmSegment DescribePosix(HeldArea area, FileFacts? facts, long end)
    {
        // The text alone does not tell whether " (deleted)" is the kernel's remark or part of the name: the object of
        // that name is asked, by both readings of an escape.
        var path = area.PlainPath;
        var listed = TryFind(NameOf(path), area) ?? TryFind(NameOf(area.Path), area);
        if (listed is not null)
        {
            return listed;
        }

        // Cannot be found under its name: unlinked, or in a directory that this user may not enter.
        var status = facts is { Links: > 0 } ? ShmSegmentStatus.None : ShmSegmentStatus.RemovalPending;
        return Describe(
            ShmKind.Posix, PosixName.FromBytes(NameOf(ShmDevices.WithoutDeleted(path))), status, area, facts, end);
    }

    /// <summary>
    /// Without facts, what its areas show: it reaches to their end at least, and their process may be its owner.
    /// </summary>
    private ShmSegment Describe(
        ShmKind kind, string? name, ShmSegmentStatus status, HeldArea area, FileFacts? facts, long end) => new()
        {
            Kind = kind,
            Name = name,
            Size = facts?.Size ?? end,
            Allocated = facts?.Allocated,
            Mode = ModeOf(facts),
            UserId = facts?.UserId ?? area.Process.UserId,
            GroupId = facts?.GroupId ?? 0,
            Device = area.Device,
            Inode = area.Inode,
            Status = status | (_scan.Devices.Huge.Contains(area.Device) ? ShmSegmentStatus.HugePages : 0),
            Accounts = _accounts,
        };

    /// <summary>An object of another file system that is in no listing of it, by what the area shows.</summary>
    internal static ShmSegment DescribeUnlisted(ShmDevices devices, HeldArea area, ShmSegmentStatus status)
    {
        var name = WithoutRemovalFolder(devices.NameOf(ShmDevices.WithoutDeleted(area.PlainPath)));
        return new ShmSegment
        {
            Kind = ShmKind.Posix,
            Name = PosixName.FromBytes(name),
            Size = area.Facts?.Size ?? (long)(area.Offset + area.End - area.Start),
            Allocated = area.Facts?.Allocated,
            Mode = ModeOf(area.Facts),
            UserId = area.Facts?.UserId ?? area.Process.UserId,
            GroupId = area.Facts?.GroupId ?? 0,
            Device = area.Device,
            Inode = area.Inode,
            Status = status,
        };
    }

    private static ShmSegment? TryFind(ReadOnlySpan<byte> name, HeldArea area)
    {
        try
        {
            var segment = PosixSegments.FromName(PosixName.FromBytes(name));
            return segment.Inode == area.Inode && segment.Device == area.Device ? segment : null;
        }
        catch (ShmException)
        {
            // No such name: that is the answer.
            return null;
        }
    }

    private ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> path) => WithoutRemovalFolder(_scan.Devices.NameOf(path));

    // Removed by this module: in a directory of its own, under the name that it had.
    private static ReadOnlySpan<byte> WithoutRemovalFolder(ReadOnlySpan<byte> name)
    {
        var leaf = name.LastIndexOf((byte)'/') + 1;
        var parent = leaf == 0 ? 0 : name[..(leaf - 1)].LastIndexOf((byte)'/') + 1;
        return leaf > 0 && name[parent..].StartsWith(PosixRemoval.TemporaryDirectoryBytes)
            ? (byte[])[.. name[..parent], .. name[leaf..]]
            : name;
    }

    private static UnixFileMode ModeOf(FileFacts? facts) => (UnixFileMode)((facts?.Mode ?? 0) & 0xFFF);

    private string LabelOf(HeldArea area) => area.Kind switch
    {
        ShmAreaKind.SysV => FormattableString.Invariant($"id {area.Inode}"),
        ShmAreaKind.MemFd => "memfd:" + ProcText.ToText(ShmDevices.MemFdLabel(area.PlainPath)),
        ShmAreaKind.Anonymous => "anonymous",
        _ => "/" + ProcText.ToText(NameOf(ShmDevices.WithoutDeleted(area.PlainPath))),
    };
}
