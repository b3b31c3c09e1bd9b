using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Makes System V segments, and finds out which of its several meanings shmget's errno has.</summary>
internal static class SysVCreation
{
    /// <exception cref="ShmException">As <see cref="SysVSegments.Create"/>.</exception>
    public static ShmSegment Create(int key, ShmCreateOptions options, CancellationToken cancellation)
    {
        if (key == Libc.IPC_PRIVATE)
        {
            throw new ShmException(
                ShmErrorId.InvalidKey,
                "Key 0 is IPC_PRIVATE, which nobody can look up.", key);
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
                if (TryDescribeNew(id, options) is { } made)
                {
                    return made;
                }

                continue;
            }

            if (id != -(int)Errno.EEXIST || !options.AllowExisting)
            {
                throw CreationError(-id, target, options, key);
            }

            if (SysVSegments.TryFind(key) is { } existing)
            {
                return options.Accept(existing, target);
            }
        }
    }

    /// <exception cref="ShmException">As <see cref="SysVSegments.CreatePrivate"/>.</exception>
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

            if (TryDescribeNew(id, options) is { } made)
            {
                return made;
            }
        }
    }

    private static int Get(int key, ShmCreateOptions options)
    {
        var flags = Libc.IPC_CREAT | Libc.IPC_EXCL | (int)options.Mode;
        if (options.Sparse)
        {
            flags |= Libc.SHM_NORESERVE;
        }

        if (options.HugePageSize != 0)
        {
            flags |= Libc.SHM_HUGETLB | options.HugePageFlag(Libc.SHM_HUGE_SHIFT);
        }

        return Libc.shmget(key, (nuint)options.Size, flags);
    }

    /// <summary>
    /// The segment that this call has made; null where another removed it meanwhile. Where it cannot be looked at
    /// (no descriptor left, no /proc), the kernel is asked by its id, and if that fails too nothing of it stays.
    /// </summary>
    private static ShmSegment? TryDescribeNew(int id, ShmCreateOptions options)
    {
        try
        {
            return SysVSegments.TryDescribe(id) is { } found ? AsNew(found, options) : null;
        }
        catch (ShmException)
        {
            try
            {
                return AsNew(SysVSegments.Stat(id), options);
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

    private static ShmSegment AsNew(ShmSegment segment, ShmCreateOptions options) =>
        new(options.HugePageSize == 0 ? segment : HugeSegments.Note(segment)) { IsNew = true };

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
                    "this process cannot make System V segments: a filter (seccomp) forbids it, or the kernel has none",
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
