using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>The same segment in several processes, each of which has split it its own way.</summary>
public class SharedRangesTests
{
    private const long Page = 4096;

    private static ShmAddressRegion Region(int process, ulong address, long page, long count) => new()
    {
        ProcessId = process,
        Address = address,
        EndAddress = address + (ulong)(count * Page),
        Offset = page * Page,
        Object = new SharedObject(ShmAreaKind.SysV, null, 1, 7),
    };

    [Fact]
    public void A_range_ends_where_one_of_them_has_a_boundary()
    {
        var ranges = SharedRanges.Of(
            [1, 2],
            [
                Region(1, 0x10000, 0, 1), Region(1, 0x90000, 1, 3),
                // Twice, and not the beginning.
                Region(2, 0x20000, 2, 2), Region(2, 0x50000, 3, 1),
            ]);
        Assert.Equal(
            [
                (0, 0x10000UL, null), (1, 0x90000UL, null), (2, 0x91000UL, 0x20000UL), (3, 0x92000UL, 0x21000UL),
                (3, null, 0x50000UL),
            ],
            ranges.Select(static range =>
                (range.Offset / Page, range.Places[0].Address, (ulong?)range.Places[1].Address)));
        Assert.All(ranges, static range => Assert.Equal(Page, range.Length));
    }

    // As many areas as a process may have, each with its own protection: what takes the square of it would not end.
    [Fact]
    public void Thousands_of_areas_take_a_moment()
    {
        const int Count = 60_000;
        List<ShmAddressRegion> regions = [Region(2, 0x7f0000000000, 0, Count)];
        regions.AddRange(
            Enumerable.Range(0, Count).Select(static page => Region(1, (ulong)(page + 16) * 4096, page, 1)));
        Assert.Equal(Count, SharedRanges.Of([1, 2], regions).Count);
    }
}
