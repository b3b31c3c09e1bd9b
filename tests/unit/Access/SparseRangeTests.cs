using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

// No call here lasts: cancelling a test needs no help from it.
#pragma warning disable xUnit1051

namespace PSSharedMemory.UnitTests.Access;

/// <summary>
/// Copies and clears of memory with holes, against a model in arrays; the kernel says what has pages.
/// </summary>
public sealed class SparseRangeTests
{
    private const int Page = 4096;
    private const int Pages = 24;
    private const int Size = Pages * Page;

    public static TheoryData<ShmKind, bool> Kinds
    {
        get
        {
            var kinds = new TheoryData<ShmKind, bool>();
            foreach (var kind in new[] { ShmKind.SysV, ShmKind.Posix, ShmKind.MemFd })
            {
                kinds.Add(kind, false);
                kinds.Add(kind, true);
            }

            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Copies_and_clears_do_what_they_do_without_holes(ShmKind kind, bool isWithinOne)
    {
        var random = new Random(17);
        for (var round = 0; round < 60; round++)
        {
            using var first = new Sparse(kind, random);
            using var second = isWithinOne ? null : new Sparse(kind, random);
            var (from, to) = (first, second ?? first);

            // Another mapping of the same segment every other time: an overlap shows in the segment only.
            using var again = isWithinOne && round % 2 == 0 ? ShmMapping.Mount(first.Segment) : null;
            var length = random.Next(Page, Size);
            var (source, destination) = (random.Next(Size - length), random.Next(Size - length));
            using var fromRange = ShmRange.Of(from.Mapping, source, length);
            using var toRange = ShmRange.Of(again ?? to.Mapping, destination, length);
            var had = to.WithMemory();
            var hasInSource = from.WithMemory();
            var bytes = from.Model.AsSpan(source, length).ToArray();

            fromRange.CopyTo(toRange);
            bytes.CopyTo(to.Model, destination);
            var allowed = had.Concat(hasInSource.SelectMany(page => Shadow(page, destination - source))).ToHashSet();
            Assert.Subset(allowed, to.WithMemory());
            if (!isWithinOne)
            {
                Assert.Subset(hasInSource, from.WithMemory());
            }

            had = to.WithMemory();
            var (start, count) = (random.Next(Size / 2), random.Next(Page, Size / 2));
            using var cleared = ShmRange.Of(to.Mapping, start, count);
            cleared.Fill([0, 0, 0]);
            to.Model.AsSpan(start, count).Clear();

            // Nothing is taken, and nothing given back: pages that were reserved stay so.
            Assert.Subset(had, to.WithMemory());
            Assert.Subset(to.WithMemory(), had);

            Assert.Equal(from.Model, from.Mapping.Reader.ReadBytes(0, Size));
            Assert.Equal(to.Model, to.Mapping.Reader.ReadBytes(0, Size));
        }
    }

    [Fact]
    public void What_was_cut_off_is_told_though_nothing_is_touched()
    {
        var name = $"/pst-cut-{Guid.NewGuid():N}";
        using var mapping = ShmMapping.Mount(
            PosixSegments.Create(name, new ShmCreateOptions { Size = Size, Sparse = true }));
        using var other = ShmMapping.Mount(
            MemFdSegments.Create("pst-whole", new ShmCreateOptions { Size = Size, Sparse = true }));
        using (var file = File.OpenWrite("/dev/shm" + name))
        {
            file.SetLength(5 * Page);
        }

        File.Delete("/dev/shm" + name);
        using (var cut = ShmRange.Of(mapping, 0, Size))
        using (var whole = ShmRange.Of(other, 0, Size))
        {
            Assert.Equal((ShmErrorId.SegmentTruncated, 5 * Page), Failed(() => cut.Fill([0])));
            Assert.Equal((ShmErrorId.SegmentTruncated, 5 * Page), Failed(() => cut.CopyTo(whole)));
            Assert.Equal((ShmErrorId.SegmentTruncated, 5 * Page), Failed(() => whole.CopyTo(cut)));
        }

        Assert.Equal(0, ShmSegments.Refresh(other.Segment).Allocated);
    }

    [Fact]
    public void Progress_never_goes_back_and_ends_with_all()
    {
        using var source = new Sparse(ShmKind.Posix, new Random(3));
        using var destination = new Sparse(ShmKind.Posix, new Random(4));
        using var from = ShmRange.Of(source.Mapping);
        using var to = ShmRange.Of(destination.Mapping);
        foreach (var work in new Action<IProgress<long>>[] { p => from.CopyTo(to, p), p => from.Fill([0], p) })
        {
            var told = new Told();
            work(told);
            Assert.Equal(told.Order(), told);
            Assert.Equal(Size, told[^1]);
        }
    }

    private static (ShmErrorId, long) Failed(Action action)
    {
        var error = Assert.Throws<ShmException>(action);
        return (error.ErrorId, error.BytesDone);
    }

    /// <summary>The pages that the bytes of a page get into.</summary>
    private static IEnumerable<int> Shadow(int page, int distance)
    {
        var first = (page * Page) + distance;
        return first <= -Page ? [] : Enumerable.Range(Math.Max(first, 0) / Page, 2);
    }

    private sealed class Told : List<long>, IProgress<long>
    {
        public void Report(long value) => Add(value);
    }

    /// <summary>A segment of which a few runs of pages have memory, and what is in it.</summary>
    private sealed class Sparse : IDisposable
    {
        public Sparse(ShmKind kind, Random random)
        {
            var options = new ShmCreateOptions { Size = Size, Sparse = true };
            Segment = kind switch
            {
                ShmKind.SysV => SysVSegments.CreatePrivate(options),
                ShmKind.Posix => PosixSegments.Create($"/pst-sparse-{Guid.NewGuid():N}", options),
                _ => MemFdSegments.Create("pst-sparse", options),
            };
            Mapping = ShmMapping.Mount(Segment);
            for (var page = 0; page < Pages; page++)
            {
                if (random.Next(3) == 0)
                {
                    random.NextBytes(Model.AsSpan(page * Page, Page));
                    Mapping.Writer.WriteBytes(page * Page, Model.AsSpan(page * Page, Page));
                }
            }
        }

        public ShmSegment Segment { get; }

        public ShmMapping Mapping { get; }

        public byte[] Model { get; } = new byte[Size];

        /// <summary>Which pages have memory.</summary>
        public HashSet<int> WithMemory() =>
        [
            .. PageResidency.Runs(Mapping, [(0, Size)])!.SelectMany(
                static run => Enumerable.Range((int)(run.Offset / Page), (int)(run.Length / Page)))
        ];

        public void Dispose()
        {
            Mapping.Dispose();
            if (Segment.Kind != ShmKind.MemFd)
            {
                ShmSegments.Remove(Segment);
            }
        }
    }
}
