using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Opens the /dev/shm of other processes: through their root (proc_pid_root(5)), without entering a namespace, or where
/// it's mounted for this process. Links in there cannot lead out.
/// </summary>
internal static unsafe class PosixEntrance
{
    /// <summary>Opens a file system of POSIX objects.</summary>
    /// <param name="wanted">Which.</param>
    /// <param name="doors">Processes that had it; if all have ended, others are looked for.</param>
    /// <exception cref="ShmException">SegmentNotFound: it has ended, or cannot be seen. AccessDenied.</exception>
    public static PosixFileSystem Open(PosixIdentity wanted, IReadOnlyList<ProcessDoor> doors)
    {
        var here = PosixFileSystem.OpenHere();
        if (PosixIdentity.Of(here.Root)?.IsSame(wanted) == true)
        {
            return here;
        }

        here.Dispose();
        var status = -(int)Errno.ESRCH;
        foreach (var candidate in Candidates(wanted, doors))
        {
            var (root, path) = candidate();
            if (PosixIdentity.Of(root) is { } found && found.IsSame(wanted))
            {
                return new PosixFileSystem(root, path, found, doors);
            }

            status = root.IsInvalid && !ProcReader.IsGone(-root.Errno) ? -root.Errno : status;
            root.Dispose();
        }

        throw (Errno)(-status) is Errno.EACCES or Errno.EPERM
            ? NativeError.From(
                ShmErrorId.AccessDenied, nameof(Libc.openat), -status, $"look into {wanted.Text}", "permission denied",
                "This needs ptrace rights over a process that has it at /dev/shm.", wanted.Text)
            : new ShmException(
                ShmErrorId.SegmentNotFound,
                $"Cannot look into {wanted.Text}: no process that has it at /dev/shm can be seen, and it isn't mounted "
                + "here. It has ended, or this user may not look into it.",
                wanted.Text);
    }

    /// <summary>
    /// Opens what a process has at /dev/shm: its top directory, or an invalid handle that says why not.
    /// </summary>
    public static DescriptorHandle OpenThrough(ProcessDoor door)
    {
        using var reader = new ProcReader();
        var status = door.Approach(reader);
        if (status < 0)
        {
            return new DescriptorHandle(status);
        }

        using var root = reader.Open(door.ThreadId, "root\0"u8, Libc.O_PATH | Libc.O_DIRECTORY);
        if (root.IsInvalid)
        {
            return new DescriptorHandle(-root.Errno);
        }

        const ulong Resolve = Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS;
        fixed (byte* path = "dev/shm\0"u8)
        {
            var found = Libc.openat2(root, path, Libc.O_PATH | Libc.O_DIRECTORY, Resolve);
            return (Errno)found.Errno is Errno.ENOSYS or Errno.EPERM or Errno.E2BIG ? OpenStepwise(root) : found;
        }
    }

    /// <summary>Where a process has it: for messages.</summary>
    public static string PathOf(ProcessDoor door) =>
        FormattableString.Invariant($"/proc/{door.ProcessId}/root{PosixFileSystem.DefaultPath}");

    // Without openat2(2), follow no link at all: an absolute one would lead out of that root.
    private static DescriptorHandle OpenStepwise(DescriptorHandle root)
    {
        fixed (byte* dev = "dev\0"u8, shm = "shm\0"u8)
        {
            var flags = Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW;
            using var parent = Libc.openat(root, dev, flags);
            return parent.IsInvalid ? new DescriptorHandle(-parent.Errno) : Libc.openat(parent, shm, flags);
        }
    }

    // The ways in, cheapest first. Once its processes are gone, the device number may belong to another file system.
    private static IEnumerable<Func<(DescriptorHandle Root, string Path)>> Candidates(
        PosixIdentity wanted, IReadOnlyList<ProcessDoor> doors)
    {
        foreach (var door in doors)
        {
            yield return () => (OpenThrough(door), PathOf(door));
        }

        if (wanted.Id is null && doors.Count > 0)
        {
            yield break;
        }

        foreach (var mount in SharedMemoryMounts.Read().Where(mount => mount.Device == wanted.Device))
        {
            yield return () => (Libc.open(mount.Point, Libc.O_PATH | Libc.O_DIRECTORY), mount.Point);
        }

        foreach (var member in NamespaceSurvey.Read().Processes
            .Where(static member => member.RootInode != 0)
            .DistinctBy(static member => (member.MountInode, member.RootDevice, member.RootInode)))
        {
            yield return () => (OpenThrough(member.Door), PathOf(member.Door));
        }
    }
}
