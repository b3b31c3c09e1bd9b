using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// An IPC namespace (ipc_namespaces(7)). Its inode is what /proc shows, and goes to another namespace once this one has
/// ended; its id does not.
/// </summary>
/// <param name="Inode">The number in "ipc:[4026531839]"; 0 where it could not be read.</param>
/// <param name="Id">The kernel's number that is never given again before the next boot; null before Linux 6.18.</param>
internal sealed record IpcNamespace(ulong Inode, long? Id)
{
    [ThreadStatic]
    private static IpcNamespace? t_entered;

    [ThreadStatic]
    private static IReadOnlyList<ProcessDoor>? t_doors;

    private static IpcNamespace? s_own;

    /// <summary>That of this process.</summary>
    public static IpcNamespace Own
    {
        get
        {
            if (Volatile.Read(ref s_own) is { } known)
            {
                return known;
            }

            // What could not be read now, for want of a descriptor, can be later.
            var read = Read("/proc/self/ns/ipc");
            if (read is not null)
            {
                Volatile.Write(ref s_own, read);
            }

            return read ?? new IpcNamespace(0, null);
        }
    }

    /// <summary>That of the calling thread, which may have entered another.</summary>
    public static IpcNamespace Current => t_entered ?? Own;

    /// <summary>
    /// The processes through which the calling thread could enter that one; none for this process' own.
    /// </summary>
    public static IReadOnlyList<ProcessDoor> CurrentDoors => t_doors ?? [];

    /// <summary>What /proc and lsns(8) call it.</summary>
    public string Text => TextOf(Inode);

    /// <summary>What /proc calls the namespace of an inode.</summary>
    public static string TextOf(ulong inode) => FormattableString.Invariant($"ipc:[{inode}]");

    /// <summary>Whether both are one namespace, as far as both know.</summary>
    public bool IsSame(IpcNamespace other) =>
        Id is { } id && other.Id is { } otherId ? id == otherId : Inode == other.Inode;

    /// <summary>Reads which one a descriptor of a namespace stands for; null where that cannot be known.</summary>
    public static IpcNamespace? Of(DescriptorHandle descriptor)
    {
        if (Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data) < 0)
        {
            return null;
        }

        return new IpcNamespace(data.stx_ino, Libc.ioctl_ns_get_id(descriptor, out var id) >= 0 ? (long)id : null);
    }

    /// <summary>The inode in the text that /proc has for a namespace; 0 where it is another text.</summary>
    public static ulong InodeOf(string? text) => text is not null && text.StartsWith("ipc:[", StringComparison.Ordinal)
        && text.EndsWith(']')
        && ulong.TryParse(
            text.AsSpan(5, text.Length - 6), NumberStyles.None, CultureInfo.InvariantCulture,
            out var inode) ? inode : 0;

    /// <summary>Notes that the calling thread has entered this namespace.</summary>
    public void NoteEntered(IReadOnlyList<ProcessDoor> doors)
    {
        t_entered = this;
        t_doors = doors;
    }

    /// <summary>Reads which one is behind a link in /proc; null where that cannot be known.</summary>
    public static IpcNamespace? Read(string path)
    {
        using var descriptor = Libc.open(path, Libc.O_RDONLY);
        return descriptor.IsInvalid ? null : Of(descriptor);
    }
}
