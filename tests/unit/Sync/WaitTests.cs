using System;
using System.Diagnostics;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

public sealed class WaitTests : SyncFixture
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    public static TheoryData<ShmCondition, int, int, bool> Conditions => new()
    {
        { ShmCondition.Equal, 5, 5, true },
        { ShmCondition.Equal, 5, 6, false },
        { ShmCondition.NotEqual, 5, 6, true },
        { ShmCondition.NotEqual, 5, 5, false },
        { ShmCondition.GreaterThan, 5, 4, true },
        { ShmCondition.GreaterThan, 5, 5, false },
        { ShmCondition.LessThan, -5, 4, true },
        { ShmCondition.LessThan, 5, 5, false },
        { ShmCondition.AnyBit, 0b110, 0b010, true },
        { ShmCondition.AnyBit, 0b110, 0b001, false },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_condition_holds_or_times_out(ShmCondition condition, int value, int operand, bool holds)
    {
        foreach (var m in new[] { Guarded, Plain })
        {
            m.Writer.WriteInt32(4, value);
            if (holds)
            {
                Assert.Equal(value, ShmWait.Wait(m, 4, condition, operand, TimeSpan.Zero));
            }
            else
            {
                Fails(
                    ShmErrorId.WaitTimeout,
                    () => ShmWait.Wait(m, 4, condition, operand, TimeSpan.FromMilliseconds(20)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_plain_store_of_a_C_program_is_seen(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        using var peer = new SyncPeer(m.Segment);
        var wait = Task.Run(() => ShmWait.Wait(m, 8, ShmCondition.GreaterThan, 1L << 40, Long));
        Assert.False(wait.Wait(50));
        peer.Ask($"store64 8 {(1L << 40) + 1}");
        Assert.True(wait.Wait(Long));
        Assert.Equal((1L << 40) + 1, wait.Result);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_C_program_that_sleeps_in_futex_is_woken(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        using var peer = new SyncPeer(m.Segment);
        peer.Tell("wait 16 7");
        peer.AwaitSleep();
        ShmAtomics.Exchange(m, 16, 7);
        Assert.Equal(1, ShmAtomics.Wake(m, 16));
        Assert.Equal("7", peer.Answer());
    }

    [Fact]
    public void A_waiter_burns_no_core()
    {
        // Nanoseconds that this thread was on a processor.
        static long Spent() => long.Parse(
            System.IO.File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0],
            System.Globalization.CultureInfo.InvariantCulture);
        var before = Spent();
        Fails(ShmErrorId.WaitTimeout, () => ShmWait.Wait(Plain, 0, ShmCondition.Equal, 1, TimeSpan.FromSeconds(1)));
        Assert.InRange(Spent() - before, 0, 100_000_000);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Cancelling_ends_it_within_100_ms(bool isGuarded)
    {
        Assert.True(EndsInTime(token => ShmWait.Wait(MappingOf(isGuarded), 0, ShmCondition.Equal, 1, null, token)));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_dismount_gets_through_and_ends_it(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        var wait = Task.Run(() => Fails(ShmErrorId.MappingDismounted, () => ShmWait.Wait(m, 0, ShmCondition.Equal, 1)));
        Assert.False(wait.Wait(40));
        var clock = Stopwatch.StartNew();
        m.Dispose();
        Assert.True(wait.Wait(Long));
        Assert.InRange(clock.ElapsedMilliseconds, 0, 5000);
    }

    [Fact]
    public void A_segment_that_vanishes_under_a_waiter_is_an_error()
    {
        var wait =
            Task.Run(() =>
                Fails(ShmErrorId.SegmentTruncated, () => ShmWait.Wait(Guarded, 4096, ShmCondition.Equal, 1)));
        Assert.False(wait.Wait(40));
        Truncate(4096);
        Assert.True(wait.Wait(Long));
    }

    [Fact]
    public void It_is_seen_through_a_read_only_mapping_as_well()
    {
        using var reader = ShmMapping.Mount(Plain.Segment, ShmMountOptions.ReadOnly);
        var wait = Task.Run(() => ShmWait.Wait(reader, 0, ShmCondition.Equal, 3u, Long));
        Assert.False(wait.Wait(20));
        ShmAtomics.Exchange(Plain, 0, 3u);
        ShmAtomics.Wake(reader, 0);
        Assert.True(wait.Wait(Long));
    }

    [Fact]
    public void What_is_not_aligned_is_refused() =>
        Fails(ShmErrorId.InvalidOffset, () => ShmWait.Wait(Plain, 2, ShmCondition.Equal, 1, TimeSpan.Zero));
}
