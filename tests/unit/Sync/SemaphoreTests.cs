using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

public sealed class SemaphoreTests : SyncFixture
{
    private const long At = 256;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Theory]
    [MemberData(nameof(Both))]
    public void A_C_program_and_this_one_count_the_same_count(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        var semaphore = ShmSemaphore.Create(m, At, 2);
        using var peer = new SyncPeer(m.Segment);
        Assert.Equal("2", peer.Ask($"sem-value {At}"));
        semaphore.Enter(TimeSpan.Zero);
        Assert.Equal("0", peer.Ask($"sem-wait {At}"));
        Assert.Equal("EAGAIN", peer.Ask($"sem-try {At}"));
        var clock = Stopwatch.StartNew();
        Fails(ShmErrorId.WaitTimeout, () => semaphore.Enter(TimeSpan.FromMilliseconds(120)));
        Assert.InRange(clock.ElapsedMilliseconds, 115, 10_000);
        peer.Tell($"sem-wait {At}");
        peer.AwaitSleep();
        semaphore.Exit();
        Assert.Equal("0", peer.Answer());

        var wait = Task.Run(() => semaphore.Enter(Long));
        Assert.False(wait.Wait(70));
        peer.Ask($"sem-post {At}");
        Assert.True(wait.Wait(Long));
        Assert.Equal(0, semaphore.Count);
    }

    [Fact]
    public void A_wake_up_is_immediate()
    {
        var semaphore = ShmSemaphore.Create(Plain, At, 0);
        var answer = ShmSemaphore.Create(Plain, At + 64, 0);
        var partner = Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                semaphore.Enter(Long);
                answer.Exit();
            }
        });
        var times = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            var clock = Stopwatch.StartNew();
            semaphore.Exit();
            answer.Enter(Long);
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        partner.Wait();

        // On a busy host most may have waited for a processor.
        times.Sort();
        Assert.InRange(times[50], 0, 20);
    }

    [Fact]
    public void What_is_no_semaphore_or_another_kind_is_an_error()
    {
        var semaphore = new ShmSemaphore(Plain, At);
        Fails(ShmErrorId.InvalidStructure, () => semaphore.Enter(TimeSpan.Zero));
        Fails(ShmErrorId.InvalidStructure, semaphore.Exit);
        using var peer = new SyncPeer(Plain.Segment);
        peer.Ask($"sem-init-private {At} 1");
        Fails(ShmErrorId.InvalidStructure, () => semaphore.Enter(TimeSpan.Zero));
        Fails(ShmErrorId.OutOfRange, () => ShmSemaphore.Create(Plain, At, -1));
        Fails(ShmErrorId.InvalidOffset, () => ShmSemaphore.Create(Plain, 4, 1));
        Fails(ShmErrorId.OutOfRange, () => ShmSemaphore.Create(Plain, Plain.Length - 8, 1));
        var full = ShmSemaphore.Create(Plain, At, int.MaxValue);
        Fails(ShmErrorId.LimitReached, full.Exit);
        Assert.Equal(int.MaxValue, full.Count);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_count_that_no_semaphore_has_is_an_error(int count)
    {
        var semaphore = ShmSemaphore.Create(Plain, At, 3);
        Plain.Writer.WriteInt32(At, count);
        Fails(ShmErrorId.InvalidStructure, () => semaphore.Enter(TimeSpan.Zero));
        Fails(ShmErrorId.InvalidStructure, semaphore.Exit);
        Fails(ShmErrorId.InvalidStructure, () => ShmSemaphoreInfo.Look(Plain, At));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_wait_is_cancelled_and_a_dismount_gets_through(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        var semaphore = ShmSemaphore.Create(m, At, 0);
        Assert.True(EndsInTime(token => semaphore.Enter(null, token)));
        var wait = Task.Run(() => Fails(ShmErrorId.MappingDismounted, () => semaphore.Enter()));
        Assert.False(wait.Wait(30));
        m.Dismount();
        Assert.True(wait.Wait(Long));
    }

    [Fact]
    public void An_object_that_vanishes_under_a_waiter_is_an_error()
    {
        var semaphore = ShmSemaphore.Create(Guarded, 4096, 0);
        var wait = Task.Run(() => Fails(ShmErrorId.SegmentTruncated, () => semaphore.Enter(Long)));
        Assert.False(wait.Wait(70));
        Truncate(4096);
        Assert.True(wait.Wait(Long));
    }
}
