using System;
using System.Collections.Generic;
using System.Linq;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>The walk over what the guard has noted, against a set of page numbers.</summary>
public sealed unsafe class OwnedRangeTests : IDisposable
{
    private const int Most = 200;
    private const int HugePage = 2 << 20;

    // Addresses that nothing else gets meanwhile.
    private readonly nint _place = Libc.mmap(
        0, (nuint)Most * HugePage, Libc.PROT_NONE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE, -1, 0);

    public void Dispose() => Assert.Equal(0, Libc.munmap(_place, (nuint)Most * HugePage));

    [Theory]
    [InlineData(4096, 1)]
    [InlineData(4096, 63)]
    [InlineData(4096, 64)]
    [InlineData(4096, 65)]
    [InlineData(4096, 128)]
    [InlineData(4096, 199)]
    [InlineData(HugePage, 5)]
    [InlineData(HugePage, 130)]
    public void Runs_are_those_of_a_set_of_pages(int pageSize, int count)
    {
        Assert.SkipUnless(FaultGuard.IsActive, $"The guard does not stand here: {FaultGuard.WhyNot}.");
        var random = new Random(count);
        var range = Guarded(0, count, pageSize);
        for (var round = 0; round < 300; round++)
        {
            var lost = Lose(range, random, round % 5);
            foreach (var (page, end) in Parts(random, count))
            {
                Assert.Equal(First(page, end, lost.Contains), range.NextLost(page, end));
                Assert.Equal(First(page, end, other => !lost.Contains(other)), range.NextKept(page, end));
            }

            var (from, to) = Parts(random, count).Last();
            range.ForgetLost(from, to);
            lost.RemoveWhere(page => page >= from && page < to);
            Assert.Equal(lost, Noted(range));
            range.ForgetLost(0, count);
            Assert.Empty(Noted(range));
        }

        FaultGuard.Remove(range.Entry);
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(HugePage)]
    public void Parts_inherit_what_is_theirs_and_a_whole_what_its_parts_had(int pageSize)
    {
        Assert.SkipUnless(FaultGuard.IsActive, $"The guard does not stand here: {FaultGuard.WhyNot}.");
        var random = new Random(pageSize);
        for (var round = 0; round < 100; round++)
        {
            var count = random.Next(3, Most);
            int[] cuts = [0, .. Enumerable.Range(0, 3).Select(_ => random.Next(count + 1)).Order(), count];
            var whole = Guarded(0, count, pageSize);
            var lost = Lose(whole, random, round % 5);
            List<OwnedRange> parts = [];
            for (var i = 1; i < cuts.Length; i++)
            {
                if (cuts[i] > cuts[i - 1])
                {
                    var part = Guarded(cuts[i - 1], cuts[i], pageSize);
                    part.Inherit(whole);
                    Assert.Equal(
                        lost.Where(page => page >= cuts[i - 1] && page < cuts[i]).Select(page => page - cuts[i - 1]),
                        Noted(part));
                    Assert.Equal(Noted(part).Count != 0, part.Hits != 0);
                    parts.Add(part);
                }
            }

            var again = Guarded(0, count, pageSize);
            parts.ForEach(again.Inherit);
            Assert.Equal(lost, Noted(again));
            parts.ForEach(static part => FaultGuard.Remove(part.Entry));
            FaultGuard.Remove(whole.Entry);
            FaultGuard.Remove(again.Entry);
        }
    }

    private OwnedRange Guarded(int from, int to, int pageSize)
    {
        var (start, end) = (_place + ((nint)from * pageSize), _place + ((nint)to * pageSize));
        return new OwnedRange(start, end).Guard(end, pageSize);
    }

    /// <summary>Notes pages as the handler does: none, few, most, or all.</summary>
    private static SortedSet<long> Lose(OwnedRange range, Random random, int density)
    {
        SortedSet<long> lost = [];
        for (long page = 0; page < range.PageCount; page++)
        {
            if (random.Next(4) < density)
            {
                lost.Add(page);
                range.Entry->Lost[page / 64] |= 1UL << (int)(page % 64);
            }
        }

        return lost;
    }

    private static SortedSet<long> Noted(OwnedRange range)
    {
        SortedSet<long> noted = [];
        for (long page = 0; page < range.PageCount; page++)
        {
            if ((range.Entry->Lost[page / 64] >> (int)(page % 64) & 1) != 0)
            {
                noted.Add(page);
            }
        }

        return noted;
    }

    private static IEnumerable<(long Page, long End)> Parts(Random random, int count)
    {
        yield return (0, count);
        yield return (count, count);
        for (var i = 0; i < 10; i++)
        {
            var end = random.Next(count + 1);
            yield return (random.Next(end + 1), end);
        }
    }

    private static long First(long page, long end, Func<long, bool> isIt)
    {
        while (page < end && !isIt(page))
        {
            page++;
        }

        return page;
    }
}
