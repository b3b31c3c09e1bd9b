using System;
using System.Collections.Generic;
using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>What the checks of a host go by, read once; unknown things are null.</summary>
internal sealed record HostFacts
{
    /// <summary>The type of the file system of /dev/shm; null where it is a directory on a disk.</summary>
    public string? ShmType { get; init; }

    /// <summary>The options of that mount.</summary>
    public string ShmOptions { get; init; } = "";

    /// <summary>How many mounts there are at /dev/shm; the last covers the others.</summary>
    public int ShmMountCount { get; init; }

    /// <summary>Whether something is mounted at that very path, or it is a directory of a larger file system.</summary>
    public bool ShmIsMountPoint { get; init; } = true;

    /// <summary>Where /dev/shm leads in the end; itself where it isn't a link.</summary>
    public string ShmRealPath { get; init; } = PosixFileSystem.DefaultPath;

    /// <summary>Permissions of /dev/shm, sticky bit included.</summary>
    public UnixFileMode? ShmMode { get; init; }

    /// <summary>Whether /dev/shm belongs to root; null where its owner lives outside of this user namespace.</summary>
    public bool? ShmIsRoots { get; init; } = true;

    /// <summary>The limits, with their use.</summary>
    public IReadOnlyList<ShmLimit> Limits { get; init; } = [];

    /// <summary>Whether the kernel has System V shared memory.</summary>
    public bool HasSysV { get; init; } = true;

    /// <summary>RemoveIPC of logind; null where no logind runs.</summary>
    public bool? RemoveIpc { get; init; }

    /// <summary>The file that sets RemoveIPC; null for the built-in default.</summary>
    public string? RemoveIpcSource { get; init; }

    /// <summary>All segments.</summary>
    public IReadOnlyList<ShmSegment> Segments { get; init; } = [];

    /// <summary>Removed segments that live only because they are held, each once.</summary>
    public IReadOnlyList<ShmAttachment> HeldRemoved { get; init; } = [];

    /// <summary>hidepid of /proc hides other users' processes from this user.</summary>
    public bool HidesProcesses { get; init; }

    /// <summary>How many processes this user may not look into.</summary>
    public int UnreadableProcesses { get; init; }

    /// <summary>Whether all processes of the host can be seen at all.</summary>
    public bool IsHostView { get; init; } = true;

    /// <summary>kernel.yama.ptrace_scope; null where the kernel has no Yama.</summary>
    public ulong? PtraceScope { get; init; }

    /// <summary>Whether the effective user is the host's root, not that of a user namespace.</summary>
    public bool IsRoot { get; init; }

    /// <summary>Whether process_vm_readv(2) works here; a container's seccomp filter may forbid it.</summary>
    public bool CanCopyGuarded { get; init; } = true;

    /// <summary>Why the fault guard does not stand in this process; null where it does.</summary>
    public string? GuardHindrance { get; init; }

    /// <summary>Where strace is; null where it is not installed.</summary>
    public string? StracePath { get; init; }

    /// <summary>Reads them.</summary>
    public static HostFacts Read(AttachmentScan scan)
    {
        var files = new HostFiles();
        List<ShmSegment> segments = [.. SegmentIndex.OfHost().Segments];
        var mount = PosixMount.Read(PosixFileSystem.DefaultPath, files.ReadBytes("/proc/self/mountinfo"));
        var isRoots = mount.Directory is not { UserId: not 0 };
        (var remove, var source) = LogindSettings.ReadRemoveIpc(files);
        return new HostFacts
        {
            ShmType = mount.IsMountPoint || mount.Type == "tmpfs" ? mount.Type : null,
            ShmOptions = mount.Options,
            ShmMountCount = mount.Count,
            ShmIsMountPoint = mount.IsMountPoint,
            ShmRealPath = mount.RealPath.Length == 0 ? PosixFileSystem.DefaultPath : mount.RealPath,
            ShmMode = (UnixFileMode?)(mount.Directory?.Mode & 0xFFF),
            ShmIsRoots = isRoots || scan.IsHostUser ? isRoots : null,
            Limits = ShmLimits.Read(scan, default),
            HasSysV = files.Exists(SysVShmLine.Path),
            RemoveIpc = remove,
            RemoveIpcSource = source,
            Segments = segments,
            HeldRemoved = RemovedOf(scan),
            HidesProcesses = scan.HidesProcesses,
            UnreadableProcesses = scan.UnreadableProcessIds.Count,
            IsHostView = scan.IsHostView,
            PtraceScope = files.ReadNumber("/proc/sys/kernel/yama/ptrace_scope"),
            IsRoot = Environment.IsPrivilegedProcess && scan.IsHostUser,
            CanCopyGuarded = TryCopy(),
            GuardHindrance = FaultGuard.WhyNot,
            StracePath = ProgramFinder.TryFind("strace"),
        };
    }

    private static List<ShmAttachment> RemovedOf(AttachmentScan scan)
    {
        List<ShmAttachment> removed = [];
        HashSet<(SegmentKey, int)> seen = [];
        foreach (var attachment in scan.Attachments)
        {
            if (attachment is { IsRemoved: true, Segment: { Namespace: null } segment }
                && seen.Add((SegmentKey.Of(segment), attachment.ProcessId)))
            {
                removed.Add(attachment);
            }
        }

        return removed;
    }

    private static unsafe bool TryCopy()
    {
        long from = 1, to = 0;
        return Libc.process_vm_readv(Environment.ProcessId, (nint)(&to), (nint)(&from), sizeof(long)) == sizeof(long);
    }
}
