using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// IPC namespaces that are kept by a mount of their file (namespaces(7)), with or without a process in them, as CRI-O
/// and unshare --ipc=FILE make them.
/// </summary>
internal static class NamespaceMounts
{
    /// <summary>The inodes, each with where it is mounted for this process.</summary>
    public static IReadOnlyList<(ulong Inode, string Point)> Read() =>
        Parse(new HostFiles().ReadBytes("/proc/self/mountinfo"));

    /// <summary>Takes them out of the text of mountinfo.</summary>
    public static IReadOnlyList<(ulong Inode, string Point)> Parse(ReadOnlySpan<byte> mountInfo)
    {
        List<(ulong, string)> found = [];
        while (MountInfoLine.TryRead(ref mountInfo, out var mount))
        {
            if (mount.Type.SequenceEqual("nsfs"u8)
                && IpcNamespace.InodeOf(ProcText.ToText(mount.Root)) is not 0 and var inode)
            {
                found.Add((inode, MountInfoLine.ToText(mount.MountPoint)));
            }
        }

        return found;
    }

    /// <summary>
    /// Moves the calling thread into a namespace by its mount. Returns 0, or -errno: -ESRCH where it has none.
    /// </summary>
    public static int Enter(IpcNamespace wanted)
    {
        foreach (var (inode, point) in Read())
        {
            if (wanted.Inode != 0 && inode != wanted.Inode)
            {
                continue;
            }

            using var descriptor = Libc.open(point, Libc.O_RDONLY);
            if (!descriptor.IsInvalid && IpcNamespace.Of(descriptor)?.IsSame(wanted) == true)
            {
                return Libc.setns(descriptor, Libc.CLONE_NEWIPC);
            }
        }

        return -(int)Errno.ESRCH;
    }
}
