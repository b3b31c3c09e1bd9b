using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>A run of pages in one state.</summary>
/// <param name="Offset">Bytes from the start of the mapping.</param>
/// <param name="Length">Bytes.</param>
/// <param name="State">What they are.</param>
public sealed record ShmPageRun(long Offset, long Length, ShmPageState State)
{
    /// <summary>"4096 bytes at 8192: Absent".</summary>
    public override string ToString() => $"{new ShmRun(Offset, Length)}: {State}";
}

/// <summary>The state of each page of a mapping, found out without touching any.</summary>
public static class ShmPages
{
    // What st_blocks counts.
    private const long BlockSize = 512;

    /// <summary>The pages as runs, in order and without gaps.</summary>
    /// <exception cref="ShmException">MappingDismounted.</exception>
    public static IReadOnlyList<ShmPageRun> Of(ShmMapping mapping)
    {
        var allocated = SegmentExtents.TryOf(mapping, 0, mapping.Length);
        var runs = new List<ShmPageRun>();
        foreach (var region in mapping.Regions)
        {
            if (region.State == ShmRegionState.Hole)
            {
                Append(runs, region.Offset, region.Length, ShmPageState.Hole);
            }
            else if ((mapping.Protection & ~region.Protection) != 0)
            {
                Append(runs, region.Offset, region.Length, ShmPageState.Protected);
            }
            else
            {
                AddByMemory(runs, mapping, region, allocated);
            }
        }

        return IsReserved(mapping, runs)
            ? [.. runs.Select(static run =>
                run.State == ShmPageState.Absent ? run with { State = ShmPageState.Reserved } : run)]
            : runs;
    }

    /// <summary>
    /// Whether all pages that are not in memory are reserved (fallocate(2)): the kernel counts as many as there are,
    /// but doesn't tell where any of them is.
    /// </summary>
    private static bool IsReserved(ShmMapping mapping, List<ShmPageRun> runs)
    {
        if (mapping.Descriptor is not { } descriptor || mapping.IsCopyOnWrite || mapping.Length != mapping.Segment.Size
            || !runs.Exists(static run => run.State == ShmPageState.Absent))
        {
            return false;
        }

        // As it is now, under a name or none. The lease keeps the descriptor open.
        using var lease = mapping.Lease(0, 0, ShmProtection.None);
        return Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data) >= 0
            && (long)data.stx_blocks * BlockSize >= mapping.Length;
    }

    private static void AddByMemory(
        List<ShmPageRun> runs, ShmMapping mapping, ShmRegion region, IReadOnlyList<ShmRun>? allocated)
    {
        var end = region.Offset + region.Length;
        if (PageResidency.Runs(mapping, Within(region, allocated)) is not { } resident)
        {
            Append(runs, region.Offset, region.Length, ShmPageState.Unknown);
            return;
        }

        var at = region.Offset;
        foreach (var (offset, length) in resident.Append((end, 0)))
        {
            AddAbsent(runs, at, offset, allocated);
            Append(runs, offset, length, ShmPageState.Resident);
            at = offset + length;
        }
    }

    /// <summary>The parts of a region that can be in memory.</summary>
    private static IEnumerable<(long Offset, long Length)> Within(ShmRegion region, IReadOnlyList<ShmRun>? allocated) =>
        (allocated ?? [new ShmRun(region.Offset, region.Length)])
            .Select(run => (
                Start: Math.Max(run.Offset, region.Offset),
                End: Math.Min(run.Offset + run.Length, region.Offset + region.Length)))
            .Where(static part => part.Start < part.End)
            .Select(static part => (part.Start, part.End - part.Start));

    /// <summary>Pages that are not in memory: if they are allocated nevertheless, they are in swap.</summary>
    private static void AddAbsent(List<ShmPageRun> runs, long start, long end, IReadOnlyList<ShmRun>? allocated)
    {
        if (allocated is null)
        {
            Append(runs, start, end - start, ShmPageState.Unknown);
            return;
        }

        for (var i = FirstBehind(allocated, start); i < allocated.Count && allocated[i].Offset < end; i++)
        {
            var part = allocated[i];
            var from = Math.Max(part.Offset, start);
            var to = Math.Min(part.Offset + part.Length, end);
            if (from < to)
            {
                Append(runs, start, from - start, ShmPageState.Absent);
                Append(runs, from, to - from, ShmPageState.Swapped);
                start = to;
            }
        }

        Append(runs, start, end - start, ShmPageState.Absent);
    }

    /// <summary>The first run that ends behind a place.</summary>
    private static int FirstBehind(IReadOnlyList<ShmRun> runs, long place)
    {
        var (low, high) = (0, runs.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = runs[middle].Offset + runs[middle].Length <= place ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static void Append(List<ShmPageRun> runs, long offset, long length, ShmPageState state)
    {
        if (length <= 0)
        {
            return;
        }

        if (runs.Count > 0 && runs[^1] is var last && last.State == state)
        {
            runs[^1] = last with { Length = last.Length + length };
        }
        else
        {
            runs.Add(new ShmPageRun(offset, length, state));
        }
    }
}
