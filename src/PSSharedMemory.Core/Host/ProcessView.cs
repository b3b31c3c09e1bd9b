using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Which of the host's processes can be seen from here.</summary>
/// <param name="IpcNamespace">Inode of this process' IPC namespace.</param>
/// <param name="MountNamespace">Inode of this process' mount namespace.</param>
/// <param name="HidesProcesses">/proc is mounted with hidepid, and this user is not exempt.</param>
/// <param name="IsHostPidNamespace">Whether this is the first process namespace, which sees all others'.</param>
/// <param name="IsHostUserNamespace">Whether this is the first user namespace: in another one, root is root of what
/// lives there alone.</param>
/// <param name="IsPrivileged">Whether this user may look into every process that the kernel does not shield even from
/// root.</param>
internal sealed record ProcessView(
    ulong IpcNamespace, ulong MountNamespace, bool HidesProcesses, bool IsHostPidNamespace, bool IsHostUserNamespace,
    bool IsPrivileged)
{
    // PROC_PID_INIT_INO in include/linux/proc_ns.h: part of the kernel's interface to user space by now.
    private const ulong HostPidNamespace = 0xEFFFFFFC;

    // PROC_USER_INIT_INO, likewise.
    private const ulong HostUserNamespace = 0xEFFFFFFD;

    /// <summary>Whether /proc lists every process that could hold something.</summary>
    public bool SeesAll => IsHostPidNamespace && !HidesProcesses;

    /// <summary>Reads it.</summary>
    /// <exception cref="ShmException">
    /// PlatformNotSupported: /proc isn't mounted. LimitReached: no descriptor is left.
    /// </exception>
    public static ProcessView Read(ProcReader reader)
    {
        var status = reader.EnterSelf();
        if (status < 0)
        {
            throw Unreadable(-status);
        }

        var ipc = ProcessIdentity.ReadNamespace(reader, 0, "ns/ipc\0"u8);
        var mount = ProcessIdentity.ReadNamespace(reader, 0, "ns/mnt\0"u8);
        var pid = ProcessIdentity.ReadNamespace(reader, 0, "ns/pid\0"u8);
        // Root of a user namespace has every capability, but only within it.
        var isHostUser = ProcessIdentity.ReadNamespace(reader, 0, "ns/user\0"u8) == HostUserNamespace;
        var isPrivileged = isHostUser && HasPtraceCapability(reader);
        var hides = ReadHidePid(reader) > 1 && !isPrivileged;
        reader.Leave();
        return new ProcessView(ipc, mount, hides, pid == HostPidNamespace, isHostUser, isPrivileged);
    }

    /// <summary>The hidepid option of /proc: 0 off, 1 noaccess, 2 invisible, 4 ptraceable.</summary>
    internal static int HidePid(ReadOnlySpan<byte> mountInfo)
    {
        var level = 0;
        while (MountInfoLine.TryRead(ref mountInfo, out var mount))
        {
            // The last mount at a place is the one that is seen.
            if (!mount.Type.SequenceEqual("proc"u8) || !mount.MountPoint.SequenceEqual("/proc"u8))
            {
                continue;
            }

            level = !MountInfoLine.TryGetOption(mount.SuperOptions, "hidepid"u8, out var value) ? 0
                : value.SequenceEqual("0"u8) || value.SequenceEqual("off"u8) ? 0
                : value.SequenceEqual("1"u8) || value.SequenceEqual("noaccess"u8) ? 1
                : value.SequenceEqual("4"u8) || value.SequenceEqual("ptraceable"u8) ? 4
                : 2;
        }

        return level;
    }

    private static int ReadHidePid(ProcReader reader)
    {
        var status = reader.Load("mountinfo\0"u8);
        return status >= 0 ? HidePid(reader.Text) : throw Unreadable(-status);
    }

    // A process that cannot even look at itself knows nothing about others, least of all that nobody holds anything.
    private static ShmException Unreadable(int errno)
    {
        const string Attempted = "look at the processes in /proc";
        return (Errno)errno is Errno.ENOENT or Errno.ENOTDIR
            ? NativeError.From(
                ShmErrorId.PlatformNotSupported, nameof(Libc.openat), errno, Attempted, "/proc isn't mounted",
                "Mount it: it shows who holds shared memory.", "/proc")
            : NativeError.From(nameof(Libc.openat), errno, Attempted, "/proc");
    }

    // With CAP_SYS_PTRACE (bit 19) everything is seen. The gid= option exempts a group too; ignoring it errs on the
    // safe side.
    private static bool HasPtraceCapability(ProcReader reader)
    {
        if (reader.Load("status\0"u8) < 0)
        {
            return false;
        }

        var text = reader.Text;
        while (ProcText.TryReadLine(ref text, out var line))
        {
            if (!line.StartsWith("CapEff:"u8))
            {
                continue;
            }

            line = line["CapEff:"u8.Length..].TrimStart(" \t"u8);
            return ProcText.TryReadHex(ref line, out var capabilities) && (capabilities >> 19 & 1) != 0;
        }

        return false;
    }
}
