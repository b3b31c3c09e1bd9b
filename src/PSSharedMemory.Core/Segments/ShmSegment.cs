using System;
using System.Collections.Generic;
using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// What the kernel said of one segment at one moment: data, without a live handle (but for a memfd, which exists
/// only by its descriptor). What the family does not have, or what could not be read, is null.
/// </summary>
public record ShmSegment
{
    private string? _owner;
    private string? _group;

    /// <summary>The family.</summary>
    public ShmKind Kind { get; internal init; }

    /// <summary>
    /// POSIX: "/name". memfd: "memfd:label". System V has none. Never a name that a process could have: cmdlets that
    /// take processes by name find none by it.
    /// </summary>
    public string? Name { get; internal init; }

    /// <summary>
    /// System V: the id (shmid). It is wider than the kernel's, and than a process id: so Stop-Process and others that
    /// take an id by property name refuse the object, and never take the id for a process'.
    /// </summary>
    public long? Id { get; internal init; }

    /// <summary>System V: the key; 0 for a private segment, and for one that waits for its removal.</summary>
    public int? Key { get; internal init; }

    /// <summary>The key as ipcs(1) shows it, "0x00001234"; for JSON, whose numbers are decimal.</summary>
    public string? HexKey => Key is { } key ? SysVKey.ToText(key) : null;

    /// <summary>Bytes, as its maker asked.</summary>
    public long Size { get; internal init; }

    /// <summary>Bytes that are in fact backed by memory or swap.</summary>
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
    /// System V: the kernel's count of attached areas (nattch). Not of processes: protecting or unmapping a page
    /// in the middle of an attachment raises it.
    /// </summary>
    public long? AttachCount { get; internal init; }

    /// <summary>System V: the process that made it; null where it lives in another process namespace.</summary>
    public int? CreatorProcessId { get; internal init; }

    /// <summary>System V: the process that last attached or detached it; null where nobody did.</summary>
    public int? LastProcessId { get; internal init; }

    /// <summary>System V: when it was last attached.</summary>
    public DateTime? AttachTime { get; internal init; }

    /// <summary>System V: when it was last detached.</summary>
    public DateTime? DetachTime { get; internal init; }

    /// <summary>When it was made, or its owner or mode last changed.</summary>
    public DateTime? ChangeTime { get; internal init; }

    /// <summary>
    /// POSIX: when it was last mapped or read. As the mount wants it: with relatime at most a day late, with noatime
    /// never; a sign of use, no proof of none.
    /// </summary>
    internal DateTime? AccessTime { get; init; }

    /// <summary>What is special about it.</summary>
    public ShmSegmentStatus Status { get; internal init; }

    /// <summary>System V: bytes in RAM. Null where the kernel was not asked, or does not say.</summary>
    public long? Rss { get; internal init; }

    /// <summary>System V: bytes in swap. Null where the kernel was not asked, or does not say.</summary>
    public long? Swap { get; internal init; }

    /// <summary>
    /// "/name", "id 3", "memfd:label", "id 3 in ipc:[4026532281]": what every view and message calls it. On one line,
    /// whatever is in the name. Where it is elsewhere, no label of something here.
    /// </summary>
    public string Label => Kind switch
    {
        ShmKind.SysV => System.FormattableString.Invariant($"id {Id}"),
        ShmKind.Anonymous => System.FormattableString.Invariant($"anonymous:{Inode}"),
        _ => PrintableText.Of(Name ?? ""),
    } + (Namespace is null ? "" : $" in {PrintableText.Of(Namespace)}");

    /// <summary>The permission bits as ls(1) writes them: "rw-r-----".</summary>
    public string UnixMode => UnixModeText.Of(Mode);

    /// <summary>
    /// Whose memory it is, as far as its name, its key or its first bytes tell; null where they tell nothing. Looked up
    /// each time it is asked for. A name proves nothing: <see cref="ShmSegmentOrigin.Certainty"/> says what it was told
    /// by.
    /// </summary>
    public ShmSegmentOrigin? Origin => ShmOrigins.Find(Label, OriginName, Key, () => SegmentStart.Read(this));

    /// <summary>The name by which the catalogue knows it.</summary>
    internal string? OriginName => Kind switch
    {
        ShmKind.Posix => Name,
        ShmKind.MemFd => Name ?? "",
        _ => null,
    };

    /// <summary>Time since it was made, or its owner or mode last changed; null where that is unknown.</summary>
    public TimeSpan? Age => ChangeTime is { } changed ? DateTime.UtcNow - changed.ToUniversalTime() : null;

    /// <summary>
    /// POSIX and memfd: the device of the file system that holds it, as in st_dev, major × 2³² + minor.
    /// </summary>
    public ulong? Device { get; internal init; }

    /// <summary>POSIX and memfd: the inode. In /proc/PID/maps a System V segment has its id there.</summary>
    public ulong? Inode { get; internal init; }

    /// <summary>
    /// Where it lives, if not where this process does: "ipc:[4026532281]" for System V, the IPC namespace as /proc and
    /// lsns(8) show it. Null for what is here.
    /// </summary>
    public string? Namespace { get; internal init; }

    /// <summary>
    /// System V: the kernel's own number of the IPC namespace, which no other gets before the next boot; also for what
    /// is here. Null before Linux 6.18.
    /// </summary>
    public long? NamespaceId { get; internal init; }

    /// <summary>memfd: its seals.</summary>
    public ShmSeals? Seals { get; internal init; }

    /// <summary>Processes that lead to it where no name does; empty for what has a name.</summary>
    internal IReadOnlyList<HeldPlace> HeldBy { get; init; } = [];

    /// <summary>Whether it is another process' that this one has only been led to, by <see cref="HeldBy"/>.</summary>
    internal bool IsBorrowed => HeldBy.Count > 0 && Descriptor is null;

    /// <summary>Whether it is reached by a descriptor only, not by a name, key or id.</summary>
    internal bool IsNameless => Kind is ShmKind.MemFd or ShmKind.Anonymous;

    /// <summary>memfd: the descriptor by which this process holds it.</summary>
    internal DescriptorHandle? Descriptor { get; init; }

    /// <summary>Whether the call that returned this object made the segment, and did not find it.</summary>
    internal bool IsNew { get; init; }

    /// <summary>
    /// Processes through which its namespace was entered; others are looked for where these have ended.
    /// </summary>
    internal IReadOnlyList<ProcessDoor> Doors { get; init; } = [];

    /// <summary>Names that one listing has looked up already.</summary>
    internal AccountNames? Accounts { get; init; }

    /// <summary>Its label.</summary>
    public sealed override string ToString() => Label;

    /// <summary>
    /// Whether both are the same segment, whatever has changed on it since. A name and an id can be used again; the
    /// inode, or the id together with its maker and its size, tells. The key does not: Linux sets it to 0 at removal.
    /// </summary>
    public bool IsSame(ShmSegment other) => Kind == other.Kind && (Kind == ShmKind.SysV
        ? Id == other.Id && Size == other.Size && CreatorProcessId == other.CreatorProcessId && IsSameNamespace(other)
        : Inode == other.Inode && Device == other.Device);

    // An id is one only in its namespace. What an older version wrote, or a user by hand, does not say in which: then
    // here.
    private bool IsSameNamespace(ShmSegment other) => NamespaceId is { } id && other.NamespaceId is { } otherId
        ? id == otherId
        : Namespace == other.Namespace;

    /// <summary>
    /// Equal when both are the same segment, whatever has changed on it since: not when all facts agree.
    /// </summary>
    public virtual bool Equals(ShmSegment? other) =>
        other is not null && EqualityContract == other.EqualityContract && IsSame(other);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        Kind == ShmKind.SysV ? HashCode.Combine(Kind, Id) : HashCode.Combine(Kind, Device, Inode);
}
