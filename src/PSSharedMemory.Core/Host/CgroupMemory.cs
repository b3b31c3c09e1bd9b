using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// The memory account of one control group (cgroups(7)), version 1 or 2, in bytes. What the kernel doesn't say is null.
/// Shared memory is charged to the group of the process that touches a page first, files in /dev/shm included.
/// </summary>
internal sealed record CgroupMemory
{
    // Version 1 cannot say "no limit": it shows the largest multiple of a page.
    private const ulong Unlimited = 0x7FFFFFFFFFFF0000;

    /// <summary>The group's path below the mount that shows it; "/" for the topmost visible group.</summary>
    public required string Group { get; init; }

    /// <summary>The file of the limit.</summary>
    public required string LimitFile { get; init; }

    /// <summary>The file of what it uses.</summary>
    public string StatFile => LimitFile[..(LimitFile.LastIndexOf('/') + 1)] + "memory.stat";

    /// <summary>Beyond this the kernel kills a process of the group; null for no limit.</summary>
    public ulong? Limit { get; init; }

    /// <summary>What is charged to the group now, and to the groups below it.</summary>
    public ulong? Current { get; init; }

    /// <summary>The part of it that is shared memory.</summary>
    public ulong? Shmem { get; init; }

    /// <summary>The part of it that is clean page cache, which the kernel takes back before it kills.</summary>
    public ulong? Reclaimable { get; init; }

    /// <summary>What the group may still move to swap; null where nothing bounds that.</summary>
    public ulong? SwapLeft { get; init; }

    /// <summary>
    /// The accounts of this process' own group and of all groups above it that can be seen, innermost first. A limit
    /// of any of them holds for this process.
    /// </summary>
    public static IReadOnlyList<CgroupMemory> ReadChain(HostFiles files) =>
        ReadChain(files, files.ReadLines("/proc/self/cgroup"));

    /// <summary>The same of another process, by the lines of its /proc/PID/cgroup.</summary>
    public static IReadOnlyList<CgroupMemory> ReadChain(HostFiles files, string[] lines)
    {
        List<CgroupMemory> chain = [];
        foreach (var line in lines)
        {
            // hierarchy:controllers:path
            var parts = line.Split(':', 3);
            if (parts.Length != 3)
            {
                continue;
            }

            var isUnified = parts[0] == "0" && parts[1].Length == 0;
            if (isUnified || Array.IndexOf(parts[1].Split(','), "memory") >= 0)
            {
                AddChain(files, chain, parts[2], isUnified);
            }
        }

        return chain;
    }

    /// <summary>How many more bytes the group may be charged with.</summary>
    /// <param name="swapFree">Free swap of the host in bytes.</param>
    /// <returns>Null for no limit, or where the kernel does not say.</returns>
    public ulong? Headroom(ulong swapFree)
    {
        if (Limit is not { } limit || Current is not { } current)
        {
            return null;
        }

        var charged = current - Math.Min(current, Reclaimable ?? 0);
        var left = limit - Math.Min(limit, charged);
        return ProcText.Sum(left, Math.Min(swapFree, SwapLeft ?? ulong.MaxValue));
    }

    private static void AddChain(HostFiles files, List<CgroupMemory> chain, string path, bool isUnified)
    {
        if (FindMount(files, path, isUnified) is not { } mount)
        {
            return;
        }

        var group = mount.Group;
        while (true)
        {
            var account = isUnified ? ReadUnified(files, mount.Point, group) : ReadVersion1(files, mount.Point, group);
            if (account.Limit is not null || account.Current is not null)
            {
                chain.Add(account);
            }

            var slash = group.LastIndexOf('/');
            if (slash < 0)
            {
                return;
            }

            group = group[..slash];
        }
    }

    private static CgroupMemory ReadUnified(HostFiles files, string point, string group)
    {
        var folder = point + group;
        var (swapMost, swapUsed) = (
            files.ReadNumber($"{folder}/memory.swap.max"), files.ReadNumber($"{folder}/memory.swap.current"));
        return new CgroupMemory
        {
            Group = group.Length == 0 ? "/" : group,
            LimitFile = $"{folder}/memory.max",
            Limit = files.ReadNumber($"{folder}/memory.max"),
            Current = files.ReadNumber($"{folder}/memory.current"),
            Shmem = files.ReadValue($"{folder}/memory.stat", "shmem"u8),
            Reclaimable = ReadReclaimable(
                files, $"{folder}/memory.stat", "inactive_file"u8, "file_dirty"u8, "file_writeback"u8),
            SwapLeft = swapMost is { } most ? most - Math.Min(most, swapUsed ?? 0) : null,
        };
    }

    private static CgroupMemory ReadVersion1(HostFiles files, string point, string group)
    {
        var folder = point + group;
        var limit = files.ReadNumber($"{folder}/memory.limit_in_bytes");
        var current = files.ReadNumber($"{folder}/memory.usage_in_bytes");
        // memsw bounds memory and swap together: what it leaves beyond the memory is left for swap.
        var most = files.ReadNumber($"{folder}/memory.memsw.limit_in_bytes");
        var both = files.ReadNumber($"{folder}/memory.memsw.usage_in_bytes");
        var left = limit - Math.Min(limit ?? 0, current ?? 0);
        var leftOfBoth = most - Math.Min(most ?? 0, both ?? 0);
        return new CgroupMemory
        {
            Group = group.Length == 0 ? "/" : group,
            LimitFile = $"{folder}/memory.limit_in_bytes",
            Limit = limit >= Unlimited ? null : limit,
            Current = current,
            Shmem = files.ReadValue($"{folder}/memory.stat", "total_shmem"u8),
            Reclaimable = ReadReclaimable(
                files, $"{folder}/memory.stat", "total_inactive_file"u8, "total_dirty"u8, "total_writeback"u8),
            SwapLeft = most >= Unlimited ? null : leftOfBoth - Math.Min(leftOfBoth ?? 0, left ?? 0),
        };
    }

    // What waits to be written back is not taken back at once.
    private static ulong? ReadReclaimable(
        HostFiles files, string path, ReadOnlySpan<byte> inactive, ReadOnlySpan<byte> dirty,
        ReadOnlySpan<byte> writeback)
    {
        ulong? cache = null;
        ulong pending = 0;
        ReadOnlySpan<byte> text = files.ReadBytes(path);
        while (ProcText.TryReadLine(ref text, out var line))
        {
            if (ProcText.TryReadValue(line, inactive, out var value))
            {
                cache = value;
            }
            else if (ProcText.TryReadValue(line, dirty, out value) || ProcText.TryReadValue(line, writeback, out value))
            {
                pending = ProcText.Sum(pending, value);
            }
        }

        return cache - Math.Min(cache ?? 0, pending);
    }

    /// <summary>
    /// Where the controller is mounted, and the group's path there: its nearest ancestor that can be seen.
    /// </summary>
    private static (string Point, string Group)? FindMount(HostFiles files, string path, bool isUnified)
    {
        (string Point, string Group)? found = null;
        ReadOnlySpan<byte> table = files.ReadBytes("/proc/self/mountinfo");
        while (MountInfoLine.TryRead(ref table, out var mount))
        {
            if (isUnified ? !mount.Type.SequenceEqual("cgroup2"u8)
                : !mount.Type.SequenceEqual("cgroup"u8)
                    || !MountInfoLine.TryGetOption(mount.SuperOptions, "memory"u8, out _))
            {
                continue;
            }

            var point = MountInfoLine.ToText(mount.MountPoint);
            var group = Below(path, MountInfoLine.ToText(mount.Root));
            while (group.Length > 0 && !files.Exists(point + group))
            {
                group = group[..Math.Max(0, group.LastIndexOf('/'))];
            }

            // Of several mounts, the one that shows most of the path.
            if (found is not { } best || group.Length > best.Group.Length)
            {
                found = (point, group);
            }
        }

        return found;
    }

    // A container sees a part of the tree as if it were the whole, while the path may start at the real top. Without a
    // slash at its end; empty for the top.
    private static string Below(string path, string root)
    {
        var isBelow = root.Length > 1 && path.StartsWith(root, StringComparison.Ordinal)
            && (path.Length == root.Length || path[root.Length] == '/');
        return (isBelow ? path[root.Length..] : path).TrimEnd('/');
    }
}
