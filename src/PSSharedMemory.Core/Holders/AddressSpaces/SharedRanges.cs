using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>
/// Puts the shared regions of several processes side by side. Each process may have split the same segment its own way
/// (protection, a part unmapped, a part mounted): a range ends wherever one of them has a boundary.
/// </summary>
internal static class SharedRanges
{
    /// <summary>The ranges of what at least two of the processes have, by segment and offset.</summary>
    /// <param name="processIds">The processes, each once.</param>
    /// <param name="regions">Their regions.</param>
    public static IReadOnlyList<ShmSharedRange> Of(IReadOnlyList<int> processIds, IEnumerable<ShmAddressRegion> regions)
    {
        List<ShmSharedRange> ranges = [];
        foreach (var same in regions.Where(static r => r.Object is not null).GroupBy(static r => r.Object!.Value))
        {
            List<ShmAddressRegion> all = [.. same];
            if (all.Exists(region => region.ProcessId != all[0].ProcessId))
            {
                AddRanges(ranges, processIds, all);
            }
        }

        return ranges;
    }

    private static void AddRanges(
        List<ShmSharedRange> ranges, IReadOnlyList<int> processIds, List<ShmAddressRegion> regions)
    {
        long[] borders =
            [.. regions.SelectMany(static r => (long[])[r.Offset, r.Offset + r.Length]).Distinct().Order()];
        // Those that begin later, and those that the range is in: a process may have thousands.
        var later = new Queue<ShmAddressRegion>(regions.OrderBy(static region => region.Offset));
        List<ShmAddressRegion> around = [];
        for (var i = 0; i + 1 < borders.Length; i++)
        {
            var offset = borders[i];
            around.RemoveAll(region => region.Offset + region.Length <= offset);
            while (later.TryPeek(out var next) && next.Offset <= offset)
            {
                around.Add(later.Dequeue());
            }

            var here = around.OrderBy(static region => region.Address).ToLookup(static region => region.ProcessId);
            // A process that has mapped it several times takes as many rows.
            var rows = here.Count == 0 ? 0 : here.Max(static areas => areas.Count());
            for (var row = 0; row < rows; row++)
            {
                ranges.Add(new ShmSharedRange
                {
                    Segment = regions[0].Segment,
                    Name = regions[0].Name,
                    Offset = offset,
                    Length = borders[i + 1] - offset,
                    Places = [.. processIds.Select(id => Place(id, here[id].ElementAtOrDefault(row), offset))],
                });
            }
        }
    }

    private static ShmPlace Place(int processId, ShmAddressRegion? region, long offset) => region is null
        ? new ShmPlace { ProcessId = processId }
        : new ShmPlace
        {
            ProcessId = processId,
            Address = region.Address + (ulong)(offset - region.Offset),
            Protection = region.Protection,
            IsShared = region.IsShared,
        };
}

/// <summary>
/// What is behind a shared region. The same number in another kind or namespace is a different object.
/// </summary>
internal readonly record struct SharedObject(ShmAreaKind Kind, string? Namespace, ulong Device, ulong Inode);
