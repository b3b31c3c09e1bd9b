using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The limits of this host, of this process and of its control group on shared memory, with their use.
/// </summary>
public static partial class ShmLimits
{
    private const string Shm = "/dev/shm";

    /// <summary>
    /// Reads them: sysvipc(7), tmpfs(5), getrlimit(2), cgroups(7), and /proc/sys/vm. What this kernel does not have
    /// is left out. Of what is removed but held nothing is known without a pass over the processes.
    /// </summary>
    public static IReadOnlyList<ShmLimit> Read() =>
        Read(scan: null, fail: null, CancellationToken.None);

    /// <summary>The same, and which rows are missing.</summary>
    /// <param name="fail">Told why those of a family cannot be read.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IReadOnlyList<ShmLimit> Read(
        Action<ShmKind, ShmException> fail, CancellationToken cancellation = default) =>
        Read(scan: null, fail, cancellation);

    /// <summary>The same, with what a pass over all processes tells.</summary>
    /// <param name="progress">Receives the progress of the pass.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IReadOnlyList<ShmLimit> Read(ShmScanProgress? progress, CancellationToken cancellation = default) =>
        Read(
            ShmAttachments.Scan(null, null, withUsage: false, progress, cancellation), fail: null, cancellation);

    /// <summary>The same, from a pass that was made.</summary>
    /// <param name="scan">The pass; null where none was.</param>
    /// <param name="fail">Told why rows of a family are missing.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static IReadOnlyList<ShmLimit> Read(
        AttachmentScan? scan, Action<ShmKind, ShmException>? fail, CancellationToken cancellation)
    {
        var limits = Read(new HostFiles(), Shm);
        AddParts(
            limits,
            "/dev/shm inodes",
            parts =>
            {
                using var system = PosixFileSystem.OpenHere();
                ShmBalances.AddPosix(parts, system, scan, cancellation);
            },
            error => fail?.Invoke(ShmKind.Posix, error));
        AddParts(limits, "shm_rmid_forced", ShmBalances.AddSysV, error => fail?.Invoke(ShmKind.SysV, error));
        ShmBalances.AddShmem(limits, scan, cancellation);
        return limits;
    }

    // Behind the row that they belong to. Where there is no /dev/shm, or it cannot be listed, there are no parts.
    private static void AddParts(
        List<ShmLimit> limits, string after, Action<List<ShmLimit>> add, Action<ShmException> fail)
    {
        var place = limits.FindIndex(limit => limit.Name == after) + 1;
        List<ShmLimit> rows = [.. limits[..place]];
        try
        {
            add(rows);
        }
        catch (ShmException error) when (error.ErrorId != ShmErrorId.LimitReached)
        {
            fail(error);
            return;
        }

        limits.InsertRange(place, rows[place..]);
    }

    internal static List<ShmLimit> Read(HostFiles files, string shm)
    {
        List<ShmLimit> limits = [];
        AddSysV(files, limits);
        AddFileSystem(shm, limits);
        AddProcess(files, limits);
        AddControlGroups(files, limits);
        AddHugePages(files, limits);
        AddMemory(files, limits);
        return limits;
    }

    private static void AddSysV(HostFiles files, List<ShmLimit> limits)
    {
        var pageSize = (ulong)Environment.SystemPageSize;
        ulong? count = null, pages = null, largest = null;
        ReadOnlySpan<byte> table = files.ReadBytes(SysVShmLine.Path);
        if (!table.IsEmpty)
        {
            (count, pages, largest) = (0, 0, 0);
            while (SysVShmLine.TryRead(ref table, out var segment))
            {
                count++;
                pages += (ulong)Alignment.RoundUp(segment.Size, (long)pageSize) / pageSize;
                largest = Math.Max(largest.Value, (ulong)segment.Size);
            }
        }

        Add(
            limits, files, "SHMMAX", "/proc/sys/kernel/shmmax", "Bytes", largest,
            "size of one System V segment; the use is the largest there is");
        Add(limits, files, "SHMALL", "/proc/sys/kernel/shmall", "Pages", pages, "all System V segments together");
        Add(limits, files, "SHMMNI", "/proc/sys/kernel/shmmni", "Count", count, "number of System V segments");
        Add(
            limits, files, "shm_rmid_forced", "/proc/sys/kernel/shm_rmid_forced", "Switch", null,
            "1: a System V segment is destroyed with its last detach, removed or not");
    }

    private static void AddFileSystem(string shm, List<ShmLimit> limits)
    {
        if (Libc.statfs(shm, out var room) >= 0)
        {
            AddFileSystem(room, limits);
        }
    }

    private static void AddFileSystem(in Libc.statfs_buffer room, List<ShmLimit> limits)
    {
        var (size, used) = TmpfsRoom.Of(room);
        limits.Add(new ShmLimit
        {
            Name = "/dev/shm size",
            Value = (ulong?)size,
            Use = (ulong?)used,
            Unit = "Bytes",
            Description = "all POSIX objects together",
            Source = "statfs /dev/shm; mount -o remount,size=… /dev/shm",
        });
        limits.Add(new ShmLimit
        {
            Name = "/dev/shm inodes",
            Value = room.f_files == 0 ? null : room.f_files,
            Use = room.f_files == 0 ? null : room.f_files - room.f_ffree,
            Unit = "Count",
            Description = "number of POSIX objects",
            Source = "statfs /dev/shm; mount -o remount,nr_inodes=… /dev/shm",
        });
    }

    private static void AddProcess(HostFiles files, List<ShmLimit> limits)
    {
        AddResource(
            limits, files, "RLIMIT_MEMLOCK", "Max locked memory", "Bytes",
            files.ReadValue("/proc/self/status", "VmLck"u8), "memory that this process may lock; ulimit -l");
        AddResource(
            limits, files, "RLIMIT_NOFILE", "Max open files", "Count", CountOf(files.List("/proc/self/fd").Count),
            "descriptors of this process; ulimit -n");
        AddResource(
            limits, files, "RLIMIT_AS", "Max address space", "Bytes", files.ReadValue("/proc/self/status", "VmSize"u8),
            "address space of this process; ulimit -v");
        Add(
            limits, files, "vm.max_map_count", "/proc/sys/vm/max_map_count", "Count",
            CountOf(files.ReadLines("/proc/self/maps").Length), "mapped areas of this process");
    }

    private static void AddHugePages(HostFiles files, List<ShmLimit> limits)
    {
        foreach (var name in files.List(HugePageFolder))
        {
            var size = name[(name.LastIndexOf('-') + 1)..];
            var total = files.ReadNumber($"{HugePageFolder}/{name}/nr_hugepages");
            var free = files.ReadNumber($"{HugePageFolder}/{name}/free_hugepages");
            var reserved = files.ReadNumber($"{HugePageFolder}/{name}/resv_hugepages");
            limits.Add(new ShmLimit
            {
                Name = $"huge pages {size}",
                Value = total,
                Use = total - free + reserved,
                Unit = "Pages",
                Description = $"huge pages of {size} that the host has set aside; reserved ones count as used",
                Source = $"{HugePageFolder}/{name}/nr_hugepages",
            });
        }
    }

    private static void AddMemory(HostFiles files, List<ShmLimit> limits)
    {
        Add(
            limits, files, "vm.overcommit_memory", "/proc/sys/vm/overcommit_memory", "Switch", null,
            "2: no more memory is promised than CommitLimit");
        var memory = MemoryInfo.Read(files);
        if (memory.Total is null)
        {
            return;
        }

        limits.Add(new ShmLimit
        {
            Name = "CommitLimit",
            Value = memory.CommitLimit,
            Use = memory.Committed,
            Unit = "Bytes",
            Description = "memory that the host promises, if vm.overcommit_memory is 2",
            Source = "/proc/meminfo; sysctl vm.overcommit_ratio",
        });
        limits.Add(new ShmLimit
        {
            Name = "memory",
            Value = memory.Total,
            Use = memory.Total - memory.Available,
            Unit = "Bytes",
            Description = "RAM of the host; what is available counts as free",
            Source = "/proc/meminfo",
        });
    }

    private static void Add(
        List<ShmLimit> limits, HostFiles files, string name, string path, string unit, ulong? use, string description)
    {
        var value = files.ReadNumber(path);
        if (value is null)
        {
            return;
        }

        limits.Add(new ShmLimit
        {
            Name = name,
            Value = value,
            Use = use,
            Unit = unit,
            Description = description,
            Source = path,
        });
    }

    // "Max locked memory         8388608              8388608              bytes": soft, hard, unit.
    private static void AddResource(
        List<ShmLimit> limits, HostFiles files, string name, string label, string unit, ulong? use, string description)
    {
        foreach (var line in files.ReadLines("/proc/self/limits"))
        {
            if (!line.StartsWith(label, StringComparison.Ordinal))
            {
                continue;
            }

            var words = line[label.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            limits.Add(new ShmLimit
            {
                Name = name,
                Value = words.Length > 0 && ulong.TryParse(
                    words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var soft) ? soft : null,
                Use = use,
                Unit = unit,
                Description = description,
                Source = "/proc/self/limits",
            });
        }
    }

    private static ulong? CountOf(int count) => count == 0 ? null : (ulong)count;
}
