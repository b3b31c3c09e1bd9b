using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>The parts of what is used, as rows beside the limits: they add up to what the kernel says.</summary>
internal static class ShmBalances
{
    private const string SysVName = "System V memory";
    private const int Few = 5;

    // Those that are rows even where there is none.
    private static readonly (PosixEntryKind Kind, string Name)[] Kinds =
    [
        (PosixEntryKind.Directory, "directories"),
        (PosixEntryKind.Socket, "sockets"),
        (PosixEntryKind.Fifo, "named pipes"),
        (PosixEntryKind.Link, "links"),
    ];

    private static readonly (PosixEntryKind Kind, string Name)[] RareKinds =
    [
        (PosixEntryKind.Device, "devices"),
        (PosixEntryKind.Mount, "mount points"),
        (PosixEntryKind.Unreadable, "unreadable directories"),
    ];

    /// <summary>Adds the rows of a file system of POSIX objects.</summary>
    /// <param name="limits">The rows so far.</param>
    /// <param name="system">The file system.</param>
    /// <param name="scan">What each process holds; null where that was not asked.</param>
    /// <param name="cancellation">Ends it.</param>
    public static void AddPosix(
        List<ShmLimit> limits, PosixFileSystem system, AttachmentScan? scan, CancellationToken cancellation = default)
    {
        const string Whole = "/dev/shm size";
        const string Source = "statx of each object, statfs, /proc/PID/fd and map_files";
        var balance = PosixBalance.Read(system, scan, cancellation);
        var objects = balance.Listing.Segments.Count;
        Add(
            limits, Whole, "/dev/shm listed", balance.Listed,
            $"memory of {Plural.Of(objects, "named POSIX object")}, in all directories", Source);
        Add(
            limits, Whole, "/dev/shm removed but held", balance.RemovedButHeld,
            "memory of removed objects that processes still hold; freed when they let go", Source);
        Add(
            limits, Whole, "/dev/shm other files", balance.OtherFiles,
            "memory of directories, links and other files that aren't segments", Source);
        Add(
            limits, Whole, "/dev/shm in flight or unknown", balance.Unknown,
            "the rest: descriptors in flight in sockets, processes and directories that cannot be read, files "
                + "beside /dev/shm", Source);
        foreach (var (kind, name) in Kinds.Concat(RareKinds))
        {
            PosixEntry[] entries = [.. balance.Listing.Others.Where(entry => entry.Kind == kind)];
            if (entries.Length > 0 || Kinds.Contains((kind, name)))
            {
                limits.Add(new ShmLimit
                {
                    Name = $"/dev/shm {name}",
                    Use = (ulong)entries.Length,
                    Unit = "Count",
                    PartOf = "/dev/shm inodes",
                    Description = entries.Length == 0 ? "none" : Tell(entries, balance.Listing),
                    Source = "statx of each entry",
                });
            }
        }
    }

    /// <summary>Adds the rows of System V.</summary>
    public static void AddSysV(List<ShmLimit> limits)
    {
        const string Source = "shmctl(SHM_INFO), /proc/sysvipc/shm";
        for (var look = 0; look < 3; look++)
        {
            // Where the kernel has none, the list says so.
            var known = Libc.shmctl(out var before);
            var segments = SysVSegments.List();
            if (known < 0)
            {
                return;
            }

            if (Libc.shmctl(out var after) < 0 || before.shm_tot != after.shm_tot || before.used_ids != after.used_ids)
            {
                continue;
            }

            var page = Environment.SystemPageSize;
            var held = PagesOf(segments.Where(static segment => segment.IsRemoved));
            var listed = PagesOf(segments.Where(static segment => !segment.IsRemoved));
            limits.Add(new ShmLimit
            {
                Name = SysVName,
                // SHMALL counts pages; this is it in bytes.
                Value = limits.Find(static limit => limit.Name == "SHMALL")?.Value is { } pages
                    and <= 1UL << 48 ? pages * (ulong)page : null,
                Use = BytesOf(after.shm_tot),
                Unit = "Bytes",
                Description = string.Create(
                    CultureInfo.InvariantCulture,
                    $"all System V segments by the kernel's count; {Size((long)after.shm_rss * page)} in RAM, "
                        + $"{Size((long)after.shm_swp * page)} in swap"),
                Source = Source,
            });
            Add(
                limits, SysVName, "System V listed", BytesOf(listed), "size of the segments that are not removed",
                Source);
            Add(
                limits, SysVName, "System V removed but held", BytesOf(held),
                "size of removed segments that processes still hold; freed when they let go", Source);
            Add(
                limits, SysVName, "System V in flight or unknown",
                after.shm_tot - listed - held is var rest and >= 0 ? BytesOf(rest) : null,
                "what the kernel counts and its table doesn't show", Source);
            return;
        }
    }

    /// <summary>Adds the rows of all shared memory of the host.</summary>
    /// <param name="limits">The rows so far.</param>
    /// <param name="scan">What each process holds; null where that was not asked: then the parts are unknown.</param>
    /// <param name="cancellation">Ends it.</param>
    public static void AddShmem(
        List<ShmLimit> limits, AttachmentScan? scan, CancellationToken cancellation = default)
    {
        const string Whole = "Shmem";
        const string Source = "/proc/meminfo, shmctl(SHM_INFO), statfs, /proc/PID/fd and map_files";
        if (ShmemBalance.ReadTotal() is not { } total)
        {
            return;
        }

        var balance = scan is null ? null : ShmemBalance.Read(scan, cancellation);
        limits.Add(new ShmLimit
        {
            Name = Whole,
            Use = (ulong)(balance?.Total ?? total),
            Unit = "Bytes",
            Description = "all shared memory in RAM by the kernel's count: every kind, namespace and container",
            Source = "/proc/meminfo",
        });
        Add(
            limits, Whole, "Shmem System V", balance?.SysV,
            balance is null
                ? "segments of all IPC namespaces"
                : $"segments of {Plural.Of(balance.IpcNamespaces, "IPC namespace")}" + Closed(balance.ClosedNamespaces),
            Source);
        Add(
            limits, Whole, "Shmem /dev/shm", balance is null ? null : balance.Here ?? 0, "all of /dev/shm here",
            Source);
        Add(
            limits, Whole, "Shmem other tmpfs", balance?.Others.Sum(static one => one.Used ?? 0),
            "other file systems in memory that processes show, also of containers"
                + (balance is null ? "" : Tell(balance.Others)),
            Source);
        Add(
            limits, Whole, "Shmem anonymous", balance?.Anonymous,
            "shared memory without a name (MAP_SHARED | MAP_ANONYMOUS) of processes that can be read",
            Source);
        Add(
            limits, Whole, "Shmem memfd", balance?.MemFd,
            "memfds of processes that can be read, also those through which .NET writes code", Source);
        Add(
            limits, Whole, "Shmem unknown", balance?.Unknown,
            "the rest: memory of graphics drivers, memfds in flight in sockets, mounts that no process shows, and what "
                + "cannot be read", Source);
    }

    private static string Closed(int count) => count == 0 ? ""
        : string.Create(CultureInfo.InvariantCulture, $"; {count} more cannot be entered");

    private static string Tell(IReadOnlyList<TmpfsMount> mounts)
    {
        string[] used = [.. mounts.Where(static one => one.Used > 0)
            .Select(static one => $"{Short(one.Point)} {Size(one.Used!.Value)}")];
        return used.Length == 0 ? "" : ": " + Join(used);
    }

    // As the kernel counts them. Anybody may make sparse segments that have more bytes together than 64 bits count.
    private static decimal PagesOf(IEnumerable<ShmSegment> segments) =>
        segments.Sum(static segment => Math.Ceiling((decimal)segment.Size / Environment.SystemPageSize));

    private static ulong BytesOf(decimal pages) =>
        (ulong)Math.Min(pages * Environment.SystemPageSize, ulong.MaxValue);

    private static void Add(
        List<ShmLimit> limits, string whole, string name, long? use, string description, string source) =>
        Add(limits, whole, name, (ulong?)use, description, source);

    private static void Add(
        List<ShmLimit> limits, string whole, string name, ulong? use, string description, string source) =>
        limits.Add(new ShmLimit
        {
            Name = name,
            Use = use,
            Unit = "Bytes",
            PartOf = whole,
            Description = description,
            Source = source,
        });

    // Directories of the top by what is in them, largest first; of all else the names.
    private static string Tell(PosixEntry[] entries, PosixListing listing)
    {
        if (entries[0].Kind != PosixEntryKind.Directory)
        {
            return Join(
                [.. entries.OrderBy(static entry => entry.Name, StringComparer.Ordinal).Select(static entry =>
                    Short(entry.Name) + (entry.Bytes > 0 ? $" {Size(entry.Bytes)}" : ""))]);
        }

        Dictionary<string, (long Bytes, int Count)> tops = [];
        foreach (var entry in entries)
        {
            tops.TryAdd(TopOf(entry.Name), default);
        }

        foreach (var segment in listing.Segments)
        {
            var top = TopOf(segment.Name!);
            if (top.Length < segment.Name!.Length && tops.TryGetValue(top, out var sum))
            {
                tops[top] = (sum.Bytes + (segment.Allocated ?? 0), sum.Count + 1);
            }
        }

        return Join([.. tops
            .OrderByDescending(static top => top.Value.Bytes).ThenBy(static top => top.Key, StringComparer.Ordinal)
            .Select(static top =>
                $"{Short(top.Key)} {Size(top.Value.Bytes)} in {Plural.Of(top.Value.Count, "object")}")]);
    }

    private static string Short(string name)
    {
        const int Longest = 60;
        var shown = PrintableText.Of(name);
        return shown.Length <= Longest ? shown : shown[..Longest] + "…";
    }

    private static string TopOf(string name) => name.IndexOf('/', 1) is var slash and > 0 ? name[..slash] : name;

    private static string Join(string[] parts) =>
        string.Join(", ", parts.Take(Few))
            + (parts.Length > Few
                ? string.Create(CultureInfo.InvariantCulture, $" and {parts.Length - Few} more")
                : "");

    private static string Size(long bytes) => HostChecks.Size(bytes);
}
