using System;
using System.Collections.Generic;
using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// What the kernel said of one segment at one moment: data, without a live handle (but for a memfd, which exists
/// only by its descriptor). What the family does not have, or what could not be read, is null.
/// </summary>
public class ShmSegment : IEquatable<ShmSegment>
{
    private string? _owner;
    private string? _group;

    /// <summary>One about which nothing is known yet.</summary>
    public ShmSegment()
    {
    }

    /// <summary>A copy, some of which an initializer then changes.</summary>
    internal ShmSegment(ShmSegment other)
    {
        _owner = other._owner;
        _group = other._group;
        Kind = other.Kind;
        Name = other.Name;
        Id = other.Id;
        Key = other.Key;
        Size = other.Size;
        Allocated = other.Allocated;
        Mode = other.Mode;
        UserId = other.UserId;
        GroupId = other.GroupId;
        AttachCount = other.AttachCount;
        CreatorProcessId = other.CreatorProcessId;
        LastProcessId = other.LastProcessId;
        AttachTime = other.AttachTime;
        DetachTime = other.DetachTime;
        ChangeTime = other.ChangeTime;
        AccessTime = other.AccessTime;
        Status = other.Status;
        Rss = other.Rss;
        Swap = other.Swap;
        Device = other.Device;
        Inode = other.Inode;
        Namespace = other.Namespace;
        NamespaceId = other.NamespaceId;
        Seals = other.Seals;
        HeldBy = other.HeldBy;
        Descriptor = other.Descriptor;
        IsNew = other.IsNew;
        Doors = other.Doors;
        Accounts = other.Accounts;
    }

    /// <summary>The family.</summary>
    public ShmKind Kind { get; internal init; }

    /// <summary>
    /// POSIX: "/name". memfd: "memfd:label". System V has none. Never a name that a process could have, so that process
    /// cmdlets don't bind to it.
    /// </summary>
    public string? Name { get; internal init; }

    /// <summary>
    /// System V: the id (shmid). Deliberately wider than a process id, so that Stop-Process and others that bind an id
    /// by property name refuse the object.
    /// </summary>
    public long? Id { get; internal init; }

    /// <summary>System V: the key; 0 for a private segment, and for one that waits for its removal.</summary>
    public int? Key { get; internal init; }

    /// <summary>The key as ipcs(1) shows it, "0x00001234"; for JSON, whose numbers are decimal.</summary>
    public string? HexKey => Key is { } key ? SysVKey.ToText(key) : null;

    /// <summary>Bytes, as its maker asked.</summary>
    public long Size { get; internal init; }

    /// <summary>Bytes actually backed by memory or swap.</summary>
    public long? Allocated { get; internal init; }

    /// <summary>The permission bits.</summary>
    public UnixFileMode Mode { get; internal init; }

    /// <summary>The owner's name; the number as text where the host knows no name.</summary>
    public string Owner
    {
        get => _owner ??= (Accounts ?? new AccountNames()).User(UserId);
        internal init => _owner = value;
    }

    /// <summary>The group's name; the number as text where the host knows no name.</summary>
    public string Group
    {
        get => _group ??= (Accounts ?? new AccountNames()).Group(GroupId);
        internal init => _group = value;
    }

    /// <summary>The owner's user id.</summary>
    public uint UserId { get; internal init; }

    /// <summary>The group id.</summary>
    public uint GroupId { get; internal init; }

    /// <summary>
    /// System V: the kernel's count of attached areas (nattch), not of processes: protecting or unmapping a page in the
    /// middle of an attachment raises it.
    /// </summary>
    public long? AttachCount { get; internal init; }

    /// <summary>System V: the process that made it; null if that is in another pid namespace.</summary>
    public int? CreatorProcessId { get; internal init; }

    /// <summary>System V: the process that last attached or detached it; null if none did.</summary>
    public int? LastProcessId { get; internal init; }

    /// <summary>System V: when it was last attached.</summary>
    public DateTime? AttachTime { get; internal init; }

    /// <summary>System V: when it was last detached.</summary>
    public DateTime? DetachTime { get; internal init; }

    /// <summary>When it was made, or its owner or mode last changed.</summary>
    public DateTime? ChangeTime { get; internal init; }

    /// <summary>
    /// POSIX: when it was last mapped or read. Depends on the mount: up to a day late with relatime, never with
    /// noatime. A sign of use, but no proof of disuse.
    /// </summary>
    internal DateTime? AccessTime { get; init; }

    /// <summary>Special states of the segment.</summary>
    public ShmSegmentStatus Status { get; internal init; }

    /// <summary>System V: bytes in RAM. Null where the kernel was not asked, or does not say.</summary>
    public long? Rss { get; internal init; }

    /// <summary>System V: bytes in swap. Null where the kernel was not asked, or does not say.</summary>
    public long? Swap { get; internal init; }

    /// <summary>
    /// "/name", "id 3", "memfd:label", "id 3 in ipc:[4026532281]": its label in every view and message. Always a single
    /// line. If it's elsewhere, never the label of something here.
    /// </summary>
    public string Label => Kind switch
    {
        ShmKind.SysV => FormattableString.Invariant($"id {Id}"),
        ShmKind.Anonymous => FormattableString.Invariant($"anonymous:{Inode}"),
        _ => PrintableText.Of(Name ?? ""),
    } + (Namespace is null ? "" : $" in {PrintableText.Of(Namespace)}");

    /// <summary>The permission bits as ls(1) writes them: "rw-r-----".</summary>
    public string UnixMode => SegmentMode.ToText(Mode);

    /// <summary>
    /// Whose memory it is, judging by its name, its key or its first bytes, or, where it has none of these, by who
    /// holds it; null if they tell nothing. Looked up each time. A name proves nothing:
    /// <see cref="ShmSegmentOrigin.Certainty"/> tells what the judgement rests on.
    /// </summary>
    public ShmSegmentOrigin? Origin => Kind == ShmKind.Anonymous
        ? ShmOrigins.FindHeld(Label, HeldPlaces.Commands(HeldBy))
        : ShmOrigins.Find(Label, OriginName, Key, () => SegmentStart.Read(this));

    /// <summary>The name by which the catalogue knows it.</summary>
    internal string? OriginName => Kind switch
    {
        ShmKind.Posix => Name,
        ShmKind.MemFd => Name ?? "",
        _ => null,
    };

    /// <summary>Time since it was made, or its owner or mode last changed; null if unknown.</summary>
    public TimeSpan? Age => ChangeTime is { } changed ? DateTime.UtcNow - changed.ToUniversalTime() : null;

    /// <summary>
    /// POSIX and memfd: the device of the file system that holds it, as in st_dev, major × 2³² + minor.
    /// </summary>
    public ulong? Device { get; internal init; }

    /// <summary>POSIX and memfd: the inode. In /proc/PID/maps a System V segment has its id there.</summary>
    public ulong? Inode { get; internal init; }

    /// <summary>
    /// Its namespace, if it's not this process' own: "ipc:[4026532281]" for System V, as /proc and lsns(8) show it.
    /// Null for what is here.
    /// </summary>
    public string? Namespace { get; internal init; }

    /// <summary>
    /// System V: the kernel's own id of the IPC namespace, unique until the next boot; also for what is here. Null
    /// before Linux 6.18.
    /// </summary>
    public long? NamespaceId { get; internal init; }

    /// <summary>memfd: its seals.</summary>
    public ShmSeals? Seals { get; internal init; }

    /// <summary>Processes that lead to it if it's nameless; otherwise empty.</summary>
    internal IReadOnlyList<HeldPlace> HeldBy { get; init; } = [];

    /// <summary>Whether it's only reached through another process, by <see cref="HeldBy"/>.</summary>
    internal bool IsBorrowed => HeldBy.Count > 0 && Descriptor is null;

    /// <summary>Whether it's removed and lives only as long as it's held.</summary>
    internal bool IsRemoved => (Status & ShmSegmentStatus.RemovalPending) != 0;

    /// <summary>Whether only a descriptor reaches it, not a name, key or id.</summary>
    internal bool IsNameless => Kind is ShmKind.MemFd or ShmKind.Anonymous;

    /// <summary>memfd: the descriptor by which this process holds it.</summary>
    internal DescriptorHandle? Descriptor { get; init; }

    /// <summary>Whether the call that returned this object made the segment rather than finding it.</summary>
    internal bool IsNew { get; init; }

    /// <summary>Processes through which its namespace was entered; if they have ended, others are looked for.</summary>
    internal IReadOnlyList<ProcessDoor> Doors { get; init; } = [];

    /// <summary>Names that one listing has looked up already.</summary>
    internal AccountNames? Accounts { get; init; }

    /// <summary>Its label.</summary>
    public sealed override string ToString() => Label;

    /// <summary>
    /// Whether both are the same segment, whatever has changed since. Names and ids can be reused; the inode, or the id
    /// together with creator and size, identifies it. The key doesn't: Linux sets it to 0 at removal.
    /// </summary>
    public bool IsSame(ShmSegment other) => Kind == other.Kind && (Kind == ShmKind.SysV
        ? Id == other.Id && Size == other.Size && CreatorProcessId == other.CreatorProcessId && IsSameNamespace(other)
        : Inode == other.Inode && Device == other.Device);

    // An id is only unique in its namespace. Objects of older versions, or made by hand, don't tell which: assume this
    // one.
    private bool IsSameNamespace(ShmSegment other) => NamespaceId is { } id && other.NamespaceId is { } otherId
        ? id == otherId
        : Namespace == other.Namespace;

    /// <summary>Whether both are the same segment.</summary>
    public static bool operator ==(ShmSegment? left, ShmSegment? right) =>
        left is null ? right is null : left.Equals(right);

    /// <summary>Whether they are different segments.</summary>
    public static bool operator !=(ShmSegment? left, ShmSegment? right) => !(left == right);

    /// <summary>Equal if both are the same segment, whatever has changed since or else is known of it.</summary>
    public bool Equals(ShmSegment? other) => other is not null && IsSame(other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as ShmSegment);

    /// <inheritdoc/>
    public sealed override int GetHashCode() =>
        Kind == ShmKind.SysV ? HashCode.Combine(Kind, Id) : HashCode.Combine(Kind, Device, Inode);
}
