using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Owner, mode, lock and seals of a segment that exists: IPC_SET and SHM_LOCK of shmctl(2), chmod(2), chown(2).
/// </summary>
public static class SegmentChanges
{
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Changes a segment, as far as the kernel allows this user.</summary>
    /// <param name="segment">From a listing, however old.</param>
    /// <param name="change">The changes to make.</param>
    /// <returns>The segment as the kernel reports it afterwards.</returns>
    /// <exception cref="ShmException">
    /// SegmentNotFound, IdentityChanged, InvalidMode, AccessDenied, LimitReached (locked memory), SegmentInUse (a seal
    /// against writing while a writable mapping lives), NotSupportedByKind.
    /// </exception>
    public static ShmSegment Apply(ShmSegment segment, ShmSegmentChange change)
    {
        Check(segment, change);
        if (segment.Kind == ShmKind.SysV)
        {
            SysVPlace.Run(segment, () => ApplySysV(segment, change));
        }
        else if (change.HasPermissions)
        {
            using var path = segment.Kind == ShmKind.Posix ? PosixSegments.OpenPath(segment) : null;
            ApplyFile(segment, path ?? MemFdSegments.Descriptor(segment), change);
        }

        if (change.Seal != ShmSeals.None)
        {
            MemFdSegments.AddSeals(segment, change.Seal);
        }

        return ShmSegments.Refresh(segment);
    }

    private static void Check(ShmSegment segment, ShmSegmentChange change)
    {
        SegmentMode.Require(change.Mode.GetValueOrDefault(), $"change {segment}", segment);
        if (change.Lock is not null && segment.Kind != ShmKind.SysV)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot lock {segment} in RAM: only System V segments are locked as such. The pages of a mapping can "
                    + "be locked for as long as it lives.",
                segment);
        }

        if (change.Seal != ShmSeals.None && segment.Kind != ShmKind.MemFd)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind, $"Cannot seal {segment}: only anonymous segments (memfd) take seals.",
                segment);
        }
    }

    private static void ApplySysV(ShmSegment segment, ShmSegmentChange change)
    {
        var before = SysVSegments.Stat(SysVSegments.IdOf(segment));
        if (!before.IsSame(segment))
        {
            throw ShmSegments.IdentityChanged(segment);
        }

        if (change.HasPermissions)
        {
            SetSysV(
                before, change.UserId ?? before.UserId, change.GroupId ?? before.GroupId, change.Mode ?? before.Mode);
        }

        if (change.Lock is not { } isLocked)
        {
            return;
        }

        var result = Libc.shmctl(SysVSegments.IdOf(segment), isLocked ? Libc.SHM_LOCK : Libc.SHM_UNLOCK);
        if (result >= 0)
        {
            return;
        }

        if (change.HasPermissions)
        {
            SetSysV(before, before.UserId, before.GroupId, before.Mode);
        }

        throw NativeError.From(
            nameof(Libc.shmctl), -result, $"{(isLocked ? "lock" : "unlock")} {segment} in RAM", segment);
    }

    private static void SetSysV(ShmSegment segment, uint user, uint group, UnixFileMode mode)
    {
        Libc.shmid_ds data = default;
        data.shm_perm.uid = user;
        data.shm_perm.gid = group;
        data.shm_perm.mode = (uint)mode;
        var result = Libc.shmctl(SysVSegments.IdOf(segment), Libc.IPC_SET, ref data);
        if (result == -(int)Errno.EINVAL)
        {
            // It exists unless this throws; the ids mean nothing here then.
            _ = SysVSegments.Stat(SysVSegments.IdOf(segment));
            throw UnmappedIds(nameof(Libc.shmctl), segment);
        }

        NativeError.ThrowIf(result, nameof(Libc.shmctl), $"change owner, group or mode of {segment}", segment);
    }

    private static void ApplyFile(ShmSegment segment, DescriptorHandle descriptor, ShmSegmentChange change)
    {
        if (change.UserId is not null || change.GroupId is not null)
        {
            var result = Libc.fchownat(descriptor, change.UserId ?? Unchanged, change.GroupId ?? Unchanged);
            if (result < 0)
            {
                throw result == -(int)Errno.EINVAL
                    ? UnmappedIds(nameof(Libc.fchownat), segment)
                    : NativeError.From(nameof(Libc.fchownat), -result, $"change owner or group of {segment}", segment);
            }
        }

        if (change.Mode is not { } mode)
        {
            return;
        }

        // By the descriptor's path: fchmod(2) wants it opened for reading, which its owner may have forbidden.
        var changed = descriptor.WithPath(path => Libc.chmod(path, (uint)mode));
        if (changed < 0)
        {
            _ = Libc.fchownat(
                descriptor,
                change.UserId is null ? Unchanged : segment.UserId,
                change.GroupId is null ? Unchanged : segment.GroupId);
            throw NativeError.From(nameof(Libc.chmod), -changed, $"change the mode of {segment}", segment);
        }
    }

    private static ShmException UnmappedIds(string function, ShmSegment segment) => NativeError.From(
        ShmErrorId.NativeCallFailed, function, (int)Errno.EINVAL, $"change owner or group of {segment}",
        "this user namespace does not know that id", "/proc/self/uid_map and gid_map show which it knows.", segment);
}
