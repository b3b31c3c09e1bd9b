using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>System V segments in the kernel: sysvipc(7), shmget(2), shmctl(2).</summary>
public static class SysVSegments
{
    private const int HugePageShift = Libc.SHM_HUGE_SHIFT;

    /// <summary>Makes a segment with a key.</summary>
    /// <param name="key">Any but 0.</param>
    /// <param name="options">Size, mode and the rest.</param>
    /// <param name="cancellation">Stops retrying while others keep making and removing the key.</param>
    /// <exception cref="ShmException">
    /// SegmentExists, SizeMismatch, InvalidKey, InvalidSize, InvalidMode, LimitReached, NoSpace, AccessDenied,
    /// NotSupportedByKind (seals).
    /// </exception>
    public static ShmSegment Create(int key, ShmCreateOptions options, CancellationToken cancellation = default)
    {
        if (key == Libc.IPC_PRIVATE)
        {
            throw new ShmException(
                ShmErrorId.InvalidKey,
                "Key 0 is IPC_PRIVATE, which nobody can look up. Choose another, or make the segment private.", key);
        }

        var target = $"the segment with key {SysVKey.ToText(key)}";
        CheckOptions(options, target);

        // It can be removed between "it exists" and our look at it: then we make it. Ours can be removed before we
        // look, too.
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var id = Get(key, options);
            if (id >= 0)
            {
                if (TryDescribeNew(id) is { } made)
                {
                    return made;
                }

                continue;
            }

            if (id != -(int)Errno.EEXIST || !options.AllowExisting)
            {
                throw CreationError(-id, target, options, key);
            }

            if (TryFind(key) is { } existing)
            {
                return existing.Size >= options.Size ? existing : throw new ShmException(
                    ShmErrorId.SizeMismatch,
                    $"Cannot open {target}: it has {existing.Size} bytes, fewer than the {options.Size} asked. "
                    + "Existing segments are never resized.",
                    existing);
            }
        }
    }

    /// <summary>Makes a segment without a key (IPC_PRIVATE): only its id leads to it.</summary>
    /// <exception cref="ShmException">
    /// InvalidSize, InvalidMode, LimitReached, NoSpace, AccessDenied, NotSupportedByKind (seals).
    /// </exception>
    public static ShmSegment CreatePrivate(ShmCreateOptions options)
    {
        const string Target = "a private segment";
        CheckOptions(options, Target);
        while (true)
        {
            var id = Get(Libc.IPC_PRIVATE, options);
            if (id < 0)
            {
                throw CreationError(-id, Target, options, Target);
            }

            if (TryDescribeNew(id) is { } made)
            {
                return made;
            }
        }
    }

    /// <summary>All segments of this IPC namespace, even those this user can't read.</summary>
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
                "Key 0 (IPC_PRIVATE) stands for every private segment and leads to none. Use the id.", key);
        }

        return TryFind(key) ?? throw NativeError.From(
            nameof(Libc.shmget), (int)Errno.ENOENT, $"find the segment with key {SysVKey.ToText(key)}", key);
    }

    /// <summary>Whether this kernel has System V shared memory; true where /proc can't tell.</summary>
    public static bool IsSupported => !SysVTable.IsAbsent();

    internal static UnixFileMode PermissionBits(uint mode) => (UnixFileMode)(mode & 0x1FF);

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

        return new ShmSegment
        {
            Kind = ShmKind.SysV,
            Namespace = CurrentNamespace,
            NamespaceId = IpcNamespace.Current.Id,
            Doors = IpcNamespace.CurrentDoors,
            Id = id,
            Key = data.shm_perm.__key,
            Size = (long)data.shm_segsz,
            Mode = PermissionBits(data.shm_perm.mode),
            UserId = data.shm_perm.uid,
            GroupId = data.shm_perm.gid,
            AttachCount = (long)data.shm_nattch,
            CreatorProcessId = data.shm_cpid == 0 ? null : data.shm_cpid,
            LastProcessId = data.shm_lpid == 0 ? null : data.shm_lpid,
            AttachTime = UnixTime.ToUtc(data.shm_atime),
            DetachTime = UnixTime.ToUtc(data.shm_dtime),
            ChangeTime = UnixTime.ToUtc(data.shm_ctime),
            Status = StatusBits(data.shm_perm.mode),
        };
    }

    /// <summary>What <see cref="Stat(int)"/> says, in the segment's namespace.</summary>
    /// <exception cref="ShmException">SegmentNotFound, AccessDenied (its namespace).</exception>
    internal static ShmSegment Stat(ShmSegment segment) => SysVPlace.IsHere(segment)
        ? Stat(IdOf(segment))
        : StatElsewhere(segment);

    /// <summary>The segment, labelled with the namespace that the calling thread is in.</summary>
    internal static ShmSegment Labelled(ShmSegment segment) => segment with
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

    private static int Get(int key, ShmCreateOptions options)
    {
        var flags = Libc.IPC_CREAT | Libc.IPC_EXCL | (int)options.Mode;
        if (options.Sparse)
        {
            flags |= Libc.SHM_NORESERVE;
        }

        if (options.HugePageSize != 0)
        {
            flags |= Libc.SHM_HUGETLB | options.HugePageFlag(HugePageShift);
        }

        return Libc.shmget(key, (nuint)options.Size, flags);
    }

    /// <summary>The id of a System V segment, which a hand-made object may lack.</summary>
    /// <exception cref="ShmException">SegmentNotFound.</exception>
    internal static int IdOf(ShmSegment segment) => segment.Id is { } id and >= 0 and <= int.MaxValue
        ? (int)id
        : throw new ShmException(
            ShmErrorId.SegmentNotFound, "This object isn't a System V segment: it has no id that could be one's.",
            segment);

    /// <summary>Null if no segment has the key, or it was removed before we looked.</summary>
    private static ShmSegment? TryFind(int key)
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

    private static ShmSegment? TryDescribe(int id) => SysVTable.Read().FirstOrDefault(segment => segment.Id == id);

    /// <summary>
    /// The segment that this call has made; null where another removed it meanwhile. Where it cannot be looked at
    /// (no descriptor left, no /proc), the kernel is asked by its id, and if that fails too nothing of it stays.
    /// </summary>
    private static ShmSegment? TryDescribeNew(int id)
    {
        try
        {
            return TryDescribe(id) is { } found ? found with { IsNew = true } : null;
        }
        catch (ShmException)
        {
            try
            {
                return Stat(id) with { IsNew = true };
            }
            catch (ShmException error)
            {
                _ = Libc.shmctl(id, Libc.IPC_RMID);
                if (error.ErrorId == ShmErrorId.SegmentNotFound)
                {
                    return null;
                }

                throw;
            }
        }
    }

    private static void CheckOptions(ShmCreateOptions options, string target)
    {
        options.Check(target);
        if (options.Seal != ShmSeals.None)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot seal {target}: System V segments have no seals. Make an anonymous one (memfd).", target);
        }
    }

    /// <summary>Finds out which of its several meanings shmget's errno has.</summary>
    private static ShmException CreationError(int errno, string target, ShmCreateOptions options, object subject)
    {
        var size = options.Size;
        var attempted = $"make {target} of {size} bytes";
        switch ((Errno)errno)
        {
            case Errno.EINVAL or Errno.ENODEV when options.HugePageSize != 0:
                return NativeError.From(
                    ShmErrorId.InvalidSize, nameof(Libc.shmget), errno, attempted,
                    $"this host has no huge pages of {options.HugePageSize} bytes", "", subject);
            case Errno.ENOMEM when options.HugePageSize != 0:
                return NativeError.From(
                    ShmErrorId.NoSpace, nameof(Libc.shmget), errno, attempted,
                    "the pool has too few free huge pages", "sysctl vm.nr_hugepages fills the pool.", subject);
            case Errno.EINVAL when (ulong)size > KernelLimit("shmmax"):
                return NativeError.From(
                    ShmErrorId.LimitReached, nameof(Libc.shmget), errno, attempted,
                    $"a segment may have at most {KernelLimit("shmmax")} bytes (SHMMAX)",
                    "sysctl kernel.shmmax raises it.", subject);
            case Errno.ENOSPC when (ulong)SysVTable.Read().Count >= KernelLimit("shmmni"):
                return NativeError.From(
                    ShmErrorId.LimitReached, nameof(Libc.shmget), errno, attempted,
                    $"this host may have at most {KernelLimit("shmmni")} segments (SHMMNI)",
                    "sysctl kernel.shmmni raises it.", subject);
            case Errno.ENOSPC:
                return NativeError.From(
                    ShmErrorId.LimitReached, nameof(Libc.shmget), errno, attempted,
                    $"all segments together may have at most {KernelLimit("shmall")} pages of "
                        + $"{Environment.SystemPageSize} bytes (SHMALL)", "sysctl kernel.shmall raises it.", subject);
            case Errno.EPERM when options.HugePageSize == 0:
            case Errno.ENOSYS:
                return NativeError.From(
                    ShmErrorId.AccessDenied, nameof(Libc.shmget), errno, attempted,
                    "this process can't make System V segments: a filter (seccomp) forbids it, or the kernel has none",
                    "POSIX and anonymous segments don't need that call.", subject);
            case Errno.EPERM:
                return NativeError.From(
                    ShmErrorId.AccessDenied, nameof(Libc.shmget), errno, attempted,
                    "huge pages need CAP_IPC_LOCK or the group in vm.hugetlb_shm_group",
                    "Ask for ordinary pages, or have the group set.", subject);
            default:
                return NativeError.From(nameof(Libc.shmget), errno, attempted, subject);
        }
    }

    private static ulong? KernelLimit(string name) =>
        new HostFiles().ReadNumber($"/proc/sys/kernel/{name}");
}
