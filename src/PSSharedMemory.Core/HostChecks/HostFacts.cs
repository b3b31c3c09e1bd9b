using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
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

    /// <summary>What the link at /dev/shm leads to; null where it isn't one.</summary>
    public string? ShmLink { get; init; }

    /// <summary>The limits, with their use.</summary>
    public IReadOnlyList<ShmLimit> Limits { get; init; } = [];

    /// <summary>Whether the kernel has System V shared memory.</summary>
    public bool HasSysV { get; init; } = true;

    /// <summary>Whether /proc/sysvipc/shm is there and is the kernel's.</summary>
    public bool HasSysVTable { get; init; } = true;

    /// <summary>Whether the pools of huge pages can be looked at.</summary>
    public bool HasHugePageFiles { get; init; } = true;

    /// <summary>RemoveIPC of logind; null where no logind runs.</summary>
    public bool? RemoveIpc { get; init; }

    /// <summary>The file that sets RemoveIPC; null for the built-in default.</summary>
    public string? RemoveIpcSource { get; init; }

    /// <summary>All segments.</summary>
    public IReadOnlyList<ShmSegment> Segments { get; init; } = [];

    /// <summary>The families whose segments are unknown, and why.</summary>
    public IReadOnlyDictionary<ShmKind, ShmException> Unlisted { get; init; } = new Dictionary<ShmKind, ShmException>();

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

    /// <summary>Reads those that are asked for, and those that cost little.</summary>
    /// <param name="kinds">What to look for.</param>
    /// <param name="scan">What processes hold; null where that isn't asked for.</param>
    /// <param name="cancellation">Ends it.</param>
    public static HostFacts Read(HostFactKinds kinds, AttachmentScan? scan, CancellationToken cancellation = default)
    {
        var files = new HostFiles();
        using var reader = new ProcReader();
        var view = ProcessView.Read(reader);
        var facts = new HostFacts
        {
            HasSysV = !SysVTable.IsAbsent(),
            HasSysVTable = SysVTable.IsReadable(),
            HasHugePageFiles = files.Exists("/sys/kernel/mm/hugepages"),
            HidesProcesses = view.HidesProcesses,
            IsHostView = view.IsHostPidNamespace,
            PtraceScope = files.ReadNumber("/proc/sys/kernel/yama/ptrace_scope"),
            IsRoot = Environment.IsPrivilegedProcess && view.IsHostUserNamespace,
            CanCopyGuarded = TryCopy(),
            GuardHindrance = FaultGuard.WhyNot,
            StracePath = ProgramFinder.TryFind("strace"),
        };
        (var remove, var source) = LogindSettings.ReadRemoveIpc(files);
        facts = facts with { RemoveIpc = remove, RemoveIpcSource = source };
        if (kinds.HasFlag(HostFactKinds.Mount))
        {
            facts = facts.WithMount(files, view);
        }

        if (kinds.HasFlag(HostFactKinds.Limits))
        {
            facts = facts with { Limits = ShmLimits.Read(scan, fail: null, cancellation) };
        }

        if (scan is not null)
        {
            facts = facts with
            {
                HeldRemoved = RemovedOf(scan),
                UnreadableProcesses = scan.UnreadableProcessIds.Count,
            };
        }

        if (kinds.HasFlag(HostFactKinds.Segments))
        {
            var listing = scan?.Listing ?? ShmListing.Read();
            facts = facts with { Segments = listing.Segments, Unlisted = listing.Failures };
        }

        return facts;
    }

    private HostFacts WithMount(HostFiles files, ProcessView view)
    {
        var mount = PosixMount.Read(PosixFileSystem.DefaultPath, files.ReadBytes("/proc/self/mountinfo"));
        var isRoots = mount.Directory is not { UserId: not 0 };
        return this with
        {
            ShmType = mount.IsMountPoint || mount.Type == "tmpfs" ? mount.Type : null,
            ShmOptions = mount.Options,
            ShmMountCount = mount.Count,
            ShmIsMountPoint = mount.IsMountPoint,
            ShmRealPath = mount.RealPath.Length == 0 ? PosixFileSystem.DefaultPath : mount.RealPath,
            ShmLink = new FileInfo(PosixFileSystem.DefaultPath).LinkTarget,
            ShmMode = (UnixFileMode?)(mount.Directory?.Mode & 0xFFF),
            ShmIsRoots = isRoots || view.IsHostUserNamespace ? isRoots : null,
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
