using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests.Segments;

/// <summary>What is in the parts and what is between them, against a byte by byte account.</summary>
public sealed class ExtentCursorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void TellsOverlapsAndGapsOfRangesInOrder(int seed)
    {
        // Reproducible on purpose.
#pragma warning disable CA5394
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            const int Size = 60;
            var inside = new bool[Size];
            var extents = new List<ShmRun>();
            for (var offset = random.Next(6); offset < Size; offset += 1 + random.Next(12))
            {
                var length = Math.Min(Size - offset, 1 + random.Next(9));
                extents.Add(new ShmRun(offset, length));
                Array.Fill(inside, true, offset, length);
                offset += length;
            }

            var gaps = new ExtentCursor(extents);
            var overlaps = new ExtentCursor(extents);
            for (var from = 0; from < Size;)
            {
                var to = Math.Min(Size, from + random.Next(25));
                Assert.Equal(
                    Enumerable.Range(from, to - from).Where(i => !inside[i]), Places(gaps.ForEachGap, from, to));
                Assert.Equal(
                    Enumerable.Range(from, to - from).Where(i => inside[i]), Places(overlaps.ForEachOverlap, from, to));
                from = to + random.Next(2);
            }
        }
#pragma warning restore CA5394
    }

    private static List<int> Places(Action<long, long, Action<long, long>> forEach, int from, int to)
    {
        var places = new List<int>();
        forEach(from, to - from, (offset, count) => places.AddRange(Enumerable.Range((int)offset, (int)count)));
        return places;
    }
}
