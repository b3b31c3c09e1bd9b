using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>A file system in memory, wherever it is mounted.</summary>
/// <param name="Device">The device, as <see cref="MapsLine.DeviceOf"/> makes it.</param>
/// <param name="Point">Where some process has it.</param>
/// <param name="Used">Bytes that it says are used; null where it has no limit and so keeps no count.</param>
internal sealed record TmpfsMount(ulong Device, string Point, long? Used);

/// <summary>
/// The file systems in memory of all mount namespaces that processes show (tmpfs and devtmpfs), each once. One that is
/// covered by another mount, or that no process has, isn't among them.
/// </summary>
internal static unsafe class TmpfsMounts
{
    /// <summary>Finds them.</summary>
    /// <exception cref="ShmException">PlatformNotSupported: /proc isn't mounted. LimitReached.</exception>
    public static IReadOnlyList<TmpfsMount> Read()
    {
        Dictionary<ulong, TmpfsMount> found = [];
        HashSet<ulong> namespaces = [];
        using var reader = new ProcReader();
        foreach (var id in reader.ListProcesses())
        {
            if (reader.Enter(id) >= 0 && ProcessIdentity.ReadNamespace(reader, 0, "ns/mnt\0"u8) is not 0 and var inode
                && !namespaces.Contains(inode) && reader.Load("mountinfo\0"u8) >= 0)
            {
                var text = reader.Text.ToArray();
                using var root = reader.Open(0, "root\0"u8, Libc.O_PATH | Libc.O_DIRECTORY);
                if (!root.IsInvalid)
                {
                    namespaces.Add(inode);
                    Add(text, root, found);
                }
            }
        }

        return [.. found.Values];
    }

    private static void Add(ReadOnlySpan<byte> mountInfo, DescriptorHandle root, Dictionary<ulong, TmpfsMount> found)
    {
        while (MountInfoLine.TryRead(ref mountInfo, out var mount))
        {
            if ((!mount.Type.SequenceEqual("tmpfs"u8) && !mount.Type.SequenceEqual("devtmpfs"u8))
                || found.ContainsKey(mount.Device))
            {
                continue;
            }

            var point = ProcText.Unescape(mount.MountPoint, new byte[mount.MountPoint.Length]);
            fixed (byte* path = (byte[])[(byte)'.', .. point, 0])
            {
                using var top = Libc.openat(root, path, Libc.O_PATH | Libc.O_DIRECTORY);
                if (!top.IsInvalid && Libc.statx(top, Libc.STATX_BASIC_STATS, out var facts) >= 0
                    && MapsLine.DeviceOf(facts.stx_dev_major, facts.stx_dev_minor) == mount.Device
                    && Libc.fstatfs(top, out var room) >= 0)
                {
                    found[mount.Device] =
                        new TmpfsMount(mount.Device, ProcText.ToText(point), TmpfsRoom.Of(room).Used);
                }
            }
        }
    }
}
