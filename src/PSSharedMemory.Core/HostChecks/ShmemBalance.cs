using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Where the kernel's Shmem is (proc_meminfo(5)), in bytes: System V of all IPC namespaces + /dev/shm + the other file
/// systems in memory + memory without a name + memfds + unknown.
/// </summary>
internal sealed record ShmemBalance
{
    // What is made or removed between the looks makes parts that don't fit; another look helps, unless it goes on.
    private const int Looks = 3;

    /// <summary>The kernel's count.</summary>
    public long? Total { get; private init; }

    /// <summary>In RAM of System V segments, of all IPC namespaces that may be entered.</summary>
    public long SysV { get; private init; }

    /// <summary>How many IPC namespaces those are.</summary>
    public int IpcNamespaces { get; private init; }

    /// <summary>How many more there are, which this user may not enter.</summary>
    public int ClosedNamespaces { get; private init; }

    /// <summary>On the file system that is at /dev/shm here; 0 where that is on a disk.</summary>
    public long? Here { get; private init; }

    /// <summary>On the others, the largest first.</summary>
    public IReadOnlyList<TmpfsMount> Others { get; private init; } = [];

    /// <summary>In shared memory without a name.</summary>
    public long Anonymous { get; private init; }

    /// <summary>In memfds.</summary>
    public long MemFd { get; private init; }

    /// <summary>
    /// The rest; null where the parts are more than the whole: pages in swap, and huge pages of System V, are counted
    /// in the parts alone.
    /// </summary>
    public long? Unknown =>
        Total - SysV - (Here ?? 0) - Others.Sum(static one => one.Used ?? 0) - Anonymous - MemFd is { } rest and >= 0
            ? rest
            : null;

    /// <summary>The kernel's count alone; null where /proc/meminfo cannot be read.</summary>
    public static long? ReadTotal() => (long?)new HostFiles().ReadValue("/proc/meminfo", "Shmem"u8);

    /// <summary>Draws it up.</summary>
    /// <param name="scan">What each process holds.</param>
    /// <param name="cancellation">Ends it.</param>
    public static ShmemBalance Read(AttachmentScan scan, CancellationToken cancellation = default)
    {
        for (var look = 1; ; look++)
        {
            var nameless = Nameless(scan);
            Refresh();
            var before = ReadTotal();
            var (sysV, namespaces, closed) = ReadSysV();
            var mounts = TmpfsMounts.Read();
            var here = DeviceHere();
            var balance = new ShmemBalance
            {
                Total = ReadTotal(),
                SysV = sysV,
                IpcNamespaces = namespaces,
                ClosedNamespaces = closed,
                Here = mounts.FirstOrDefault(mount => mount.Device == here)?.Used,
                Others = [.. mounts.Where(mount => mount.Device != here).OrderByDescending(static one => one.Used)],
                Anonymous = nameless[ShmKind.Anonymous].Sum(),
                MemFd = nameless[ShmKind.MemFd].Sum(),
            };
            if (look == Looks || (balance.Total == before && balance.Unknown is not null))
            {
                return balance;
            }

            // More than there is: some of it went since the processes were looked at.
            scan = balance.Unknown is null
                ? ShmAttachments.Scan(null, null, withUsage: false, cancellation: cancellation)
                : scan;
        }
    }

    private static ILookup<ShmKind, long> Nameless(AttachmentScan scan) =>
        scan.Attachments.Select(static attachment => attachment.Segment).OfType<ShmSegment>()
            .Where(static segment => segment.Kind is ShmKind.Anonymous or ShmKind.MemFd
                && (segment.Status & ShmSegmentStatus.HugePages) == 0)
            .DistinctBy(SegmentKey.Of)
            .ToLookup(static segment => segment.Kind, static segment => segment.Allocated ?? 0);

    // Each processor counts for itself and adds that up once a second; to read this file makes them do it now. Others
    // than root may not, and then the whole is a little late.
    private static void Refresh() => _ = new HostFiles().Read("/proc/sys/vm/stat_refresh");

    private static ulong? DeviceHere()
    {
        using var here = Libc.open(PosixFileSystem.DefaultPath, Libc.O_PATH | Libc.O_DIRECTORY);
        return PosixIdentity.Of(here)?.Device;
    }

    private static (long Bytes, int Namespaces, int Closed) ReadSysV()
    {
        var (bytes, namespaces, closed) = (0L, 0, 0);
        foreach (var place in NamespaceMap.Read().All.Where(static place => place.Kind == ShmKind.SysV))
        {
            try
            {
                ShmNamespaces.Run(place, () =>
                {
                    if (Libc.shmctl(out var info) >= 0)
                    {
                        bytes += (long)info.shm_rss * Environment.SystemPageSize;
                        namespaces++;
                    }
                });
            }
            catch (ShmException error) when (error.ErrorId == ShmErrorId.AccessDenied)
            {
                closed++;
            }
            catch (ShmException error) when (error.ErrorId == ShmErrorId.SegmentNotFound)
            {
                // It has ended since.
            }
        }

        return (bytes, namespaces, closed);
    }
}
