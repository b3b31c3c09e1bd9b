using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

// No call here lasts: cancelling a test needs no help from it.
#pragma warning disable xUnit1051

namespace PSSharedMemory.UnitTests.Access;

/// <summary>Searching, comparing, filling and copying of ranges against models that take a byte at a time.</summary>
public sealed class RangeTests : IDisposable
{
    // Over the borders of the pieces in which guarded memory is looked at.
    private const int Size = (256 << 10) + (3 * 4096);

    private readonly ShmSegment _posix = PosixSegments.Create(
        $"/pst-data-range-{Guid.NewGuid():N}", new ShmCreateOptions { Size = Size });
    private readonly ShmSegment _sysV = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = Size });
    private readonly ShmMapping _guarded;
    private readonly ShmMapping _guardedAgain;
    private readonly ShmMapping _plain;
    private readonly ShmMapping _plainAgain;

    public RangeTests()
    {
        _guarded = ShmMapping.Mount(_posix);
        _guardedAgain = ShmMapping.Mount(_posix);
        _plain = ShmMapping.Mount(_sysV);
        _plainAgain = ShmMapping.Mount(_sysV);
    }

    public static TheoryData<bool> Both => [true, false];

    public void Dispose()
    {
        _guarded.Dispose();
        _guardedAgain.Dispose();
        _plain.Dispose();
        _plainAgain.Dispose();
        ShmSegments.Remove(_posix);
        ShmSegments.Remove(_sysV);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Every_place_of_a_pattern_is_found(bool isGuarded)
    {
        var mapping = Mapping(isGuarded);
        Prop.ForAll(FewValues(600).ToArbitrary(), FewValues(4).ToArbitrary(), (memory, pattern) =>
        {
            if (pattern.Length == 0)
            {
                return;
            }

            mapping.Writer.WriteBytes(0, memory);
            using var range = ShmRange.Of(mapping, 0, memory.Length);
            var expected = Enumerable.Range(0, Math.Max(0, memory.Length - pattern.Length + 1))
                .Where(at => memory.AsSpan(at, pattern.Length).SequenceEqual(pattern)).Select(static at => (long)at);
            Assert.Equal(expected, range.Find(pattern));
            Assert.Equal(expected.Where(static at => at % 4 == 0), range.Find(pattern, alignment: 4));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_place_across_the_border_of_two_pieces_is_found(bool isGuarded)
    {
        const int Border = 256 << 10;
        byte[] pattern = [0, 0xCA, 0xFE, 0xBA, 0xBE, 0];
        var mapping = Mapping(isGuarded);
        using var range = ShmRange.Of(mapping);
        for (var at = Border - 8; at <= Border + 2; at++)
        {
            mapping.Writer.WriteBytes(at, pattern);
            Assert.Equal([at], range.Find(pattern));
            mapping.Writer.WriteBytes(at, new byte[pattern.Length]);
        }
    }

    [Fact]
    public void More_places_than_one_batch_holds_are_all_found()
    {
        using var range = ShmRange.Of(_plain);
        Assert.Equal(Size - 3, range.Find(new byte[4]).Count());
        Assert.Equal(Size / 4, range.Find(new byte[4], alignment: 4).Count());
    }

    [Fact]
    public void Pages_of_zeros_among_zeros_are_found_page_by_page()
    {
        // Byte by byte it is four thousand times as much, and would take a minute.
        using var range = ShmRange.Of(new byte[32 << 20], 8);
        var clock = FairClock.StartNew();
        Assert.Equal((32 << 20) / 4096 - 1, range.Find(new byte[4096], alignment: 4096, origin: 8).Count());
        Assert.True(clock.Elapsed.TotalSeconds < 10, $"{clock.Elapsed}");
    }

    [Fact]
    public void A_pattern_of_more_bytes_than_the_range_is_nowhere()
    {
        using var range = ShmRange.Of(_plain, 0, 10);
        Assert.Empty(range.Find(new byte[11]));
        Assert.Equal([0L], range.Find(new byte[10]));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Every_run_that_differs_is_found(bool isGuarded)
    {
        var mapping = Mapping(isGuarded);
        Prop.ForAll(FewValues(600).ToArbitrary(), FewValues(600).ToArbitrary(), (left, right) =>
        {
            mapping.Writer.WriteBytes(4096, left);
            using var ours = ShmRange.Of(mapping, 4096, left.Length);
            using var theirs = ShmRange.Of(right);
            Assert.Equal(DifferencesOf(left, right), ours.FindDifferences(theirs));
            Assert.Equal(DifferencesOf(right, left), theirs.FindDifferences(ours));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_run_across_the_border_of_two_pieces_is_one(bool isGuarded)
    {
        const int Border = 256 << 10;
        var mapping = Mapping(isGuarded);
        mapping.Writer.WriteBytes(Border - 100, Enumerable.Repeat((byte)1, 300).ToArray());
        mapping.Writer.WriteByte(Size - 1, 1);
        using var ours = ShmRange.Of(mapping);
        using var theirs = ShmRange.Of(new byte[Size]);
        Assert.Equal([new ShmRun(Border - 100, 300), new ShmRun(Size - 1, 1)], ours.FindDifferences(theirs));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Two_ranges_of_one_mapping_can_be_compared(bool isGuarded)
    {
        var mapping = Mapping(isGuarded);
        mapping.Writer.WriteBytes(5000, [1, 2, 3]);
        using var first = ShmRange.Of(mapping, 0, 8192);
        using var second = ShmRange.Of(mapping, 100, 8192);
        Assert.Equal([new ShmRun(4900, 3), new ShmRun(5000, 3)], first.FindDifferences(second));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_pattern_fills_the_range_and_no_other_byte(bool isGuarded)
    {
        var mapping = Mapping(isGuarded);
        Prop.ForAll(Gen.Choose(0, 3000).ToArbitrary(), Gen.Choose(0, Size - 3000)
            .ToArbitrary(), FewValues(40).ToArbitrary(), (length, offset, pattern) =>
        {
            if (pattern.Length == 0)
            {
                return;
            }

            var expected = mapping.Reader.ReadBytes(0, Size);
            for (var i = 0; i < length; i++)
            {
                expected[offset + i] = pattern[i % pattern.Length];
            }

            using var range = ShmRange.Of(mapping, offset, length);
            range.Fill(pattern);
            Assert.Equal(expected, mapping.Reader.ReadBytes(0, Size));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Overlapping_ranges_of_one_segment_are_copied_right(bool isGuarded)
    {
        var mapping = Mapping(isGuarded);
        var again = isGuarded ? _guardedAgain : _plainAgain;
        var seed = 0;
        foreach (var destination in new[] { mapping, again })
        {
            foreach (var distance in new[] { 0, 1, 7, 4096, 70_000, 100_000, 200_000 })
            {
                foreach (var isForward in new[] { true, false })
                {
                    var length = Size - distance;
                    var (from, to) = isForward ? (0, distance) : (distance, 0);
                    var before = RandomBytes(Size, ++seed);
                    mapping.Writer.WriteBytes(0, before);
                    var expected = (byte[])before.Clone();
                    Array.Copy(before, from, expected, to, length);

                    using var source = ShmRange.Of(mapping, from, length);
                    using var target = ShmRange.Of(destination, to, length);
                    source.CopyTo(target);
                    Assert.True(
                        expected.AsSpan().SequenceEqual(mapping.Reader.ReadBytes(0, Size)),
                        $"distance {distance}, forward {isForward}");
                }
            }
        }
    }

    [Fact]
    public void Copies_past_the_caches_are_whole()
    {
        const int Large = (33 << 20) + 77;
        using var one = MountPrivate(Large + 100);
        using var two = MountPrivate(Large + 100);
        var bytes = RandomBytes(Large, 5);
        one.Writer.WriteBytes(3, bytes);

        using var source = ShmRange.Of(one, 3, Large);
        using var target = ShmRange.Of(two, 20, Large);
        source.CopyTo(target);

        Assert.True(bytes.AsSpan().SequenceEqual(two.Reader.ReadBytes(20, Large)));
        Assert.Equal(new byte[20], two.Reader.ReadBytes(0, 20));
        Assert.Equal(new byte[80], two.Reader.ReadBytes(20 + Large, 80));
    }

    [Fact]
    public void Bytes_go_between_mappings_arrays_and_files()
    {
        var path = Path.Combine(Path.GetTempPath(), $"pst-data-{Guid.NewGuid():N}");
        try
        {
            var bytes = RandomBytes(Size, 9);
            using (var source = ShmRange.Of(bytes))
            using (var guarded = ShmRange.Of(_guarded))
            using (var plain = ShmRange.Of(_plain))
            using (var file = ShmRange.ToFile(path, 10, Size))
            {
                source.CopyTo(guarded);
                guarded.CopyTo(plain);
                plain.CopyTo(file);
            }

            var seen = new byte[Size];
            using (var file = ShmRange.OfFile(path, 10))
            using (var target = ShmRange.Of(seen))
            {
                file.CopyTo(target);
                Assert.Empty(target.FindDifferences(file));
            }

            Assert.Equal(bytes, seen);
            Assert.Equal(bytes, File.ReadAllBytes(path)[10..]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_destination_that_is_too_small_gets_nothing()
    {
        using var source = ShmRange.Of(Enumerable.Repeat((byte)1, 100).ToArray());
        using var target = ShmRange.Of(_plain, 0, 99);
        Assert.Equal(ShmErrorId.OutOfRange, Assert.Throws<ShmException>(() => source.CopyTo(target)).ErrorId);
        Assert.Equal(new byte[100], _plain.Reader.ReadBytes(0, 100));
    }

    [Fact]
    public void A_hole_in_the_range_is_told_before_anything_is_done()
    {
        _guarded.Unmap(8192, 4096);
        using var range = ShmRange.Of(_guarded);
        using var ones = ShmRange.Of(Enumerable.Repeat((byte)1, Size).ToArray());
        Assert.Equal(ShmErrorId.PageNotMapped, Assert.Throws<ShmException>(() => range.Find(new byte[1])).ErrorId);
        Assert.Equal(ShmErrorId.PageNotMapped, Assert.Throws<ShmException>(() => range.FindDifferences(ones)).ErrorId);
        Assert.Equal(ShmErrorId.PageNotMapped, Assert.Throws<ShmException>(() => range.Fill([1])).ErrorId);
        Assert.Equal(ShmErrorId.PageNotMapped, Assert.Throws<ShmException>(() => ones.CopyTo(range)).ErrorId);
        Assert.Equal(new byte[4096], _guarded.Reader.ReadBytes(0, 4096));
    }

    [Fact]
    public void A_page_that_does_not_allow_it_is_told()
    {
        _plain.Protect(ShmProtection.Read, 4096, 4096);
        using var range = ShmRange.Of(_plain);
        Assert.Equal(ShmErrorId.PageProtected, Assert.Throws<ShmException>(() => range.Fill([1])).ErrorId);
        Assert.Equal(0, _plain.Reader.ReadByte(0));
        Assert.Single(range.Find(new byte[Size]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_truncated_object_says_how_far_it_came(bool isDestination)
    {
        using var other = MountPrivate(Size);
        using (var file = new FileStream("/dev/shm" + _posix.Name, FileMode.Open, FileAccess.Write))
        {
            file.SetLength(5000);
        }

        using var truncated = ShmRange.Of(_guarded);
        using var whole = ShmRange.Of(other);
        var error =
            Assert.Throws<ShmException>(() =>
                (isDestination ? whole : truncated).CopyTo(isDestination ? truncated : whole));
        Assert.Equal(ShmErrorId.SegmentTruncated, error.ErrorId);
        Assert.Equal(5000, error.BytesDone);
        Assert.Equal(5000, Assert.Throws<ShmException>(() => truncated.Fill([1])).BytesDone);
    }

    [Fact]
    public void A_cancelled_copy_ends()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        using var source = ShmRange.Of(_plain, 0, 100);
        using var target = ShmRange.Of(_guarded, 0, 100);
        using var hole = ShmRange.Of(_guarded);
        using var array = ShmRange.Of(new byte[100]);
        Assert.Throws<OperationCanceledException>(() => source.CopyTo(target, null, cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => source.CopyTo(array, null, cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => source.Fill([1], null, cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => source.Fill([1, 2], null, cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => hole.Fill([0], null, cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => source.Find(new byte[1], 1, 0, null, cancelled.Token).Count());
        Assert.Throws<OperationCanceledException>(() => source.FindDifferences(target, null, cancelled.Token).Count());
    }

    [Fact]
    public void Copies_in_opposite_directions_do_not_wait_for_each_other()
    {
        using var one = MountPrivate(64 << 10);
        using var two = MountPrivate(64 << 10);
        void Copy(ShmMapping from, ShmMapping to)
        {
            for (var i = 0; i < 2000; i++)
            {
                using var source = ShmRange.Of(from);
                using var target = ShmRange.Of(to);
                source.CopyTo(target);
            }
        }

        // A waiting writer makes the next reader wait: only then could two readers meet crosswise.
        void Protect(ShmMapping mapping)
        {
            for (var i = 0; i < 2000; i++)
            {
                mapping.Protect(ShmProtection.Read | ShmProtection.Write);
            }
        }

        Thread[] threads =
            [new(() => Copy(one, two)), new(() => Copy(two, one)), new(() => Protect(one)), new(() => Protect(two))];
        foreach (var thread in threads)
        {
            thread.IsBackground = true;
            thread.Start();
        }

        Assert.All(threads, static thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60))));
    }

    private static ShmMapping MountPrivate(long size)
    {
        var segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = size });
        try
        {
            return ShmMapping.Mount(segment);
        }
        finally
        {
            ShmSegments.Remove(segment);
        }
    }

    private static byte[] RandomBytes(int length, int seed)
    {
        var bytes = new byte[length];
        new System.Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>
    /// Bytes of three values, so that patterns occur, and those among them that are common in memory.
    /// </summary>
    private static Gen<byte[]> FewValues(int maxLength) =>
        from length in Gen.Choose(0, maxLength)
        from bytes in Gen.Elements<byte>(0, 1, 0xFF).ArrayOf(length)
        select bytes;

    private static IEnumerable<ShmRun> DifferencesOf(byte[] left, byte[] right)
    {
        var common = Math.Min(left.Length, right.Length);
        for (var i = 0; i < common; i++)
        {
            var start = i;
            while (i < common && left[i] != right[i])
            {
                i++;
            }

            if (i > start)
            {
                yield return new ShmRun(start, i - start);
            }
        }

        if (left.Length != right.Length)
        {
            yield return new ShmRun(common, Math.Max(left.Length, right.Length) - common);
        }
    }

    private ShmMapping Mapping(bool isGuarded) => isGuarded ? _guarded : _plain;
}
