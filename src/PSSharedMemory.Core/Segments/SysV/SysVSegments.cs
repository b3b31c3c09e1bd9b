using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>System V segments in the kernel: sysvipc(7), shmget(2), shmctl(2).</summary>
public static class SysVSegments
{
    /// <summary>Makes a segment with a key.</summary>
    /// <param name="key">Any but 0.</param>
    /// <param name="options">Size, mode and the rest.</param>
    /// <param name="cancellation">Stops retrying while others keep making and removing the key.</param>
    /// <exception cref="ShmException">
    /// SegmentExists, SizeMismatch, InvalidKey, InvalidSize, InvalidMode, LimitReached, NoSpace, AccessDenied,
    /// NotSupportedByKind (seals).
    /// </exception>
    public static ShmSegment Create(int key, ShmCreateOptions options, CancellationToken cancellation = default) =>
        SysVCreation.Create(key, options, cancellation);

    /// <summary>Makes a segment without a key (IPC_PRIVATE): only its id leads to it.</summary>
    /// <exception cref="ShmException">
    /// InvalidSize, InvalidMode, LimitReached, NoSpace, AccessDenied, NotSupportedByKind (seals).
    /// </exception>
    public static ShmSegment CreatePrivate(ShmCreateOptions options) => SysVCreation.CreatePrivate(options);

    /// <summary>
    /// All segments of this IPC namespace, even those this user cannot read. Where /proc/sysvipc is hidden, as in some
    /// containers, shmctl(2) lists them, and what they take of memory is unknown.
    /// </summary>
    /// <exception cref="ShmException">
    /// PlatformNotSupported: the kernel has none. AccessDenied, LimitReached, NativeCallFailed: it cannot be asked.
    /// </exception>
    public static IReadOnlyList<ShmSegment> List() => SysVTable.Read();

    /// <summary>The segment with an id.</summary>
    /// <exception cref="ShmException">SegmentNotFound.</exception>
    public static ShmSegment FromId(int id) => Describe(id);

    /// <summary>The segment with a key.</summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidKey.</exception>
    public static ShmSegment FromKey(int key)
    {
        if (key == Libc.IPC_PRIVATE)
        {
            throw new ShmException(
                ShmErrorId.InvalidKey,
                "Key 0 (IPC_PRIVATE) belongs to all private segments and finds none of them. Use the id.", key);
        }

        return TryFind(key) ?? throw NativeError.From(
            nameof(Libc.shmget), (int)Errno.ENOENT, $"find the segment with key {SysVKey.ToText(key)}", key);
    }

    /// <summary>Whether this kernel has System V shared memory.</summary>
    public static bool IsSupported => !SysVTable.IsAbsent();

    internal static ShmSegmentStatus StatusBits(uint mode) =>
        ((mode & Libc.SHM_DEST) != 0 ? ShmSegmentStatus.RemovalPending : 0)
        | ((mode & Libc.SHM_LOCKED) != 0 ? ShmSegmentStatus.Locked : 0);

    /// <summary>The same facts from one system call, but without the memory used: for callers in a hurry.</summary>
    /// <exception cref="ShmException">SegmentNotFound.</exception>
    public static ShmSegment Stat(int id)
    {
        Libc.shmid_ds data = default;
        var result = Libc.shmctl(id, Libc.IPC_STAT, ref data);
        if (result == -(int)Errno.EACCES)
        {
            // The table tells everybody what IPC_STAT only tells readers.
            return Describe(id);
        }

        NativeError.ThrowIf(result, nameof(Libc.shmctl), $"look at the segment with id {id}", id);

        return Describe(id, data);
    }

    /// <summary>What shmctl(2) says of a segment.</summary>
    internal static ShmSegment Describe(int id, in Libc.shmid_ds data, AccountNames? accounts = null) =>
        HugeSegments.Marked(new ShmSegment
        {
            Kind = ShmKind.SysV,
            Namespace = CurrentNamespace,
            NamespaceId = IpcNamespace.Current.Id,
            Doors = IpcNamespace.CurrentDoors,
            Accounts = accounts,
            Id = id,
            Key = data.shm_perm.__key,
            Size = (long)data.shm_segsz,
            Mode = SegmentMode.Of(data.shm_perm.mode),
            UserId = data.shm_perm.uid,
            GroupId = data.shm_perm.gid,
            AttachCount = (long)data.shm_nattch,
            CreatorProcessId = data.shm_cpid == 0 ? null : data.shm_cpid,
            LastProcessId = data.shm_lpid == 0 ? null : data.shm_lpid,
            AttachTime = UnixTime.ToUtc(data.shm_atime),
            DetachTime = UnixTime.ToUtc(data.shm_dtime),
            ChangeTime = UnixTime.ToUtc(data.shm_ctime),
            Status = StatusBits(data.shm_perm.mode),
        });

    /// <summary>What <see cref="Stat(int)"/> says, in the segment's namespace.</summary>
    /// <exception cref="ShmException">SegmentNotFound, AccessDenied (its namespace).</exception>
    internal static ShmSegment Stat(ShmSegment segment) => SysVPlace.IsHere(segment)
        ? Stat(IdOf(segment))
        : StatElsewhere(segment);

    /// <summary>The segment, labelled with the namespace that the calling thread is in.</summary>
    internal static ShmSegment Labelled(ShmSegment segment) => new(segment)
    {
        Namespace = CurrentNamespace,
        NamespaceId = IpcNamespace.Current.Id,
        Doors = IpcNamespace.CurrentDoors,
    };

    /// <summary>What segments of the namespace that the calling thread is in say; null for this process' own.</summary>
    private static string? CurrentNamespace
    {
        get
        {
            var current = IpcNamespace.Current;
            return ReferenceEquals(current, IpcNamespace.Own) || current.IsSame(IpcNamespace.Own) ? null : current.Text;
        }
    }

    /// <summary>shmat(2) in the namespace that the segment is of: an address, or minus errno.</summary>
    internal static nint Attach(ShmSegment segment, nint address, int flags) => SysVPlace.IsHere(segment)
        ? Libc.shmat(IdOf(segment), address, flags)
        : AttachElsewhere(segment, address, flags);

    internal static void Remove(ShmSegment segment)
    {
        var result = Libc.shmctl(IdOf(segment), Libc.IPC_RMID);
        NativeError.ThrowIf(result, nameof(Libc.shmctl), $"remove the segment with id {segment.Id}", segment);
    }

    // Apart, since what a lambda captures is allocated where its method begins.
    private static ShmSegment StatElsewhere(ShmSegment segment) =>
        SysVPlace.Run(segment, () => Stat(IdOf(segment)));

    private static nint AttachElsewhere(ShmSegment segment, nint address, int flags) =>
        SysVPlace.Run(segment, () => Libc.shmat(IdOf(segment), address, flags));

    /// <summary>The id of a System V segment, which a hand-made object may lack.</summary>
    /// <exception cref="ShmException">SegmentNotFound.</exception>
    internal static int IdOf(ShmSegment segment) => segment.Id is { } id and >= 0 and <= int.MaxValue
        ? (int)id
        : throw new ShmException(
            ShmErrorId.SegmentNotFound, "This object isn't a System V segment: it has no id of one.",
            segment);

    /// <summary>Null if no segment has the key, or it was removed before we looked.</summary>
    internal static ShmSegment? TryFind(int key)
    {
        var id = Libc.shmget(key, 0, 0);
        return id switch
        {
            >= 0 => TryDescribe(id),
            -(int)Errno.ENOENT => null,
            _ => throw NativeError.From(
                nameof(Libc.shmget), -id, $"find the segment with key {SysVKey.ToText(key)}", key),
        };
    }

    private static ShmSegment Describe(int id) => TryDescribe(id)
        ?? throw NativeError.From(nameof(Libc.shmctl), (int)Errno.EINVAL, $"look at the segment with id {id}", id);

    /// <summary>What the table says of an id; null where it has none.</summary>
    internal static ShmSegment? TryDescribe(int id) => SysVTable.Read().FirstOrDefault(segment => segment.Id == id);
}
