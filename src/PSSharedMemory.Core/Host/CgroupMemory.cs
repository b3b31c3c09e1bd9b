using System;
using System.Collections.Generic;
using System.Linq;

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

    /// <summary>Beyond this the kernel slows the group's processes down (version 2); null for none.</summary>
    public ulong? High { get; init; }

    /// <summary>Whether the kernel then kills all processes of the group together (memory.oom.group).</summary>
    public bool KillsAll { get; init; }

    /// <summary>What is charged to the group now, and to the groups below it.</summary>
    public ulong? Current { get; init; }

    /// <summary>The part of it that is shared memory.</summary>
    public ulong? Shmem { get; init; }

    /// <summary>The part of it that is clean page cache, which the kernel takes back before it kills.</summary>
    public ulong? Reclaimable { get; init; }

    /// <summary>What is charged and can't be taken back at once; null where the kernel doesn't say.</summary>
    public ulong? Charged => Current - Math.Min(Current ?? 0, Reclaimable ?? 0);

    /// <summary>What the group may still move to swap; null where nothing bounds that.</summary>
    public ulong? SwapLeft { get; init; }

    /// <summary>
    /// The accounts of this process' own group and of all groups above it that can be seen, innermost first. A limit
    /// of any of them holds for this process.
    /// </summary>
    public static IReadOnlyList<CgroupMemory> ReadChain(HostFiles files) =>
        ReadChain(files, CgroupFolder.OwnLines(files));

    /// <summary>The same of another process, by the lines of its /proc/PID/cgroup.</summary>
    public static IReadOnlyList<CgroupMemory> ReadChain(HostFiles files, string[] lines)
    {
        List<CgroupMemory> chain = [];
        ulong? swapAbove = null;
        foreach (var folder in CgroupFolder.Chain(files, lines, "memory").Reverse())
        {
            var account = folder.IsUnified ? ReadUnified(files, folder, swapAbove) : ReadVersion1(files, folder);
            if (account.Limit is not null || account.Current is not null)
            {
                chain.Add(account);
            }

            swapAbove = folder.IsUnified ? account.SwapLeft : null;
        }

        chain.Reverse();
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

        var charged = Charged ?? current;
        var left = limit - Math.Min(limit, charged);
        return ProcText.Sum(left, Math.Min(swapFree, SwapLeft ?? ulong.MaxValue));
    }

    private static CgroupMemory ReadUnified(HostFiles files, CgroupFolder place, ulong? swapAbove)
    {
        var folder = place.Path;
        var (swapMost, swapUsed) = (
            files.ReadNumber($"{folder}/memory.swap.max"), files.ReadNumber($"{folder}/memory.swap.current"));
        var swapLeft = swapMost - Math.Min(swapMost ?? 0, swapUsed ?? 0);
        return new CgroupMemory
        {
            Group = place.Group,
            LimitFile = $"{folder}/memory.max",
            Limit = files.ReadNumber($"{folder}/memory.max"),
            High = files.ReadNumber($"{folder}/memory.high"),
            KillsAll = files.ReadNumber($"{folder}/memory.oom.group") == 1,
            Current = files.ReadNumber($"{folder}/memory.current"),
            Shmem = files.ReadValue($"{folder}/memory.stat", "shmem"u8),
            Reclaimable = ReadReclaimable(
                files, $"{folder}/memory.stat", "inactive_file"u8, "file_dirty"u8, "file_writeback"u8),
            // Swap has a bound of its own there, and that of a group above holds here as well.
            SwapLeft = swapLeft < swapAbove || swapAbove is null ? swapLeft : swapAbove,
        };
    }

    private static CgroupMemory ReadVersion1(HostFiles files, CgroupFolder place)
    {
        var folder = place.Path;
        var limit = files.ReadNumber($"{folder}/memory.limit_in_bytes");
        var current = files.ReadNumber($"{folder}/memory.usage_in_bytes");
        // memsw bounds memory and swap together: what it leaves beyond the memory is left for swap.
        var most = files.ReadNumber($"{folder}/memory.memsw.limit_in_bytes");
        var both = files.ReadNumber($"{folder}/memory.memsw.usage_in_bytes");
        var left = limit - Math.Min(limit ?? 0, current ?? 0);
        var leftOfBoth = most - Math.Min(most ?? 0, both ?? 0);
        return new CgroupMemory
        {
            Group = place.Group,
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
}
