using System;
using System.Globalization;
using System.Linq;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

/// <summary>
/// Processes are killed and stopped at random instants, with a fixed seed: nobody hangs, nothing is lost. PSSHM_CHAOS
/// sets how often (10000 by hand).
/// </summary>
public sealed class ChaosTests : SyncFixture
{
    private static readonly int Rounds =
        int.Parse(Environment.GetEnvironmentVariable("PSSHM_CHAOS") ?? "300", CultureInfo.InvariantCulture);

    private const long Mutex = 0;
    private const long First = 256;
    private const long Second = 512;
    private const long Repairs = Second + sizeof(int);

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(false, 11)]
    [InlineData(true, 12)]
    public void Owners_and_waiters_of_a_mutex(bool inherits, int seed)
    {
        var random = new Random(seed);
        var mutex = ShmMutex.Create(Plain, Mutex, inherits);
        var peers = Enumerable.Range(0, 3)
            .Select(_ => Start($"locked-adds-forever {Mutex} {First} {Second}")).ToArray();
        var last = 0;
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                Thread.SpinWait(random.Next(20_000));
                var index = random.Next(peers.Length);
                if (random.Next(4) == 0)
                {
                    // A stopped owner keeps the lock, and a wait for it ends at its time. Then it is killed, or goes
                    // on.
                    peers[index].Stop();
                    var clock = FairClock.StartNew();
                    last = TryCount(mutex, TimeSpan.FromMilliseconds(20), last);
                    Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2));
                    if (random.Next(2) == 0)
                    {
                        peers[index].Continue();
                        continue;
                    }
                }

                peers[index].Dispose();
                last = TryCount(mutex, Long, last);
                peers[index] = Start($"locked-adds-forever {Mutex} {First} {Second}");
            }
        }
        finally
        {
            Array.ForEach(peers, static peer => peer.Dispose());
        }

        // None is left to hold it: what the last one left is got at once.
        var count = TryCount(mutex, TimeSpan.Zero, last);
        Assert.True(count > Rounds);
        Assert.True(
            Plain.Reader.ReadInt32(Repairs) > 0,
            "No peer was killed within its critical section: the test proves nothing.");
    }

    [Fact]
    public void Adders_waiters_and_wakers_of_a_value()
    {
        const int Each = 20_000;
        var random = new Random(13);
        var killed = 0;
        using var counter = Start($"adds {First} {Each * 10} 1", hasAnswer: false);
        for (var round = 0; round < Rounds; round++)
        {
            using var waiter = new SyncPeer(Plain.Segment);
            waiter.Tell($"wait {Second} {round + 1}");
            Thread.SpinWait(random.Next(20_000));
            switch (random.Next(3))
            {
                case 0:
                    waiter.Kill();
                    killed++;
                    break;
                case 1:
                    waiter.Stop();
                    ShmAtomics.Exchange(Plain, Second, round + 1);
                    ShmAtomics.Wake(Plain, Second);
                    waiter.Continue();
                    Assert.Equal($"{round + 1}", waiter.Answer());
                    break;
                default:
                    ShmAtomics.Exchange(Plain, Second, round + 1);
                    ShmAtomics.Wake(Plain, Second);
                    Assert.Equal($"{round + 1}", waiter.Answer());
                    break;
            }

            ShmAtomics.Exchange(Plain, Second, round + 1);
            for (var i = 0; i < Each / Rounds; i++)
            {
                ShmAtomics.Add(Plain, First, 1);
            }
        }

        counter.Answer();
        Assert.Equal((Each * 10) + (Each / Rounds * Rounds), ShmAtomics.Load<int>(Plain, First));
        Assert.True(killed > 0);
    }

    [Fact]
    public void Waiters_of_a_semaphore()
    {
        const long At = 1024;
        var random = new Random(14);
        var semaphore = ShmSemaphore.Create(Plain, At, 0);
        for (var round = 0; round < 200; round++)
        {
            using var waiter = new SyncPeer(Plain.Segment);
            waiter.Tell($"sem-wait {At}");
            Thread.SpinWait(random.Next(20_000));
            waiter.Kill();
            Assert.Equal(0, semaphore.Count);
        }

        // Those who died asleep left their mark, and a living one is woken all the same.
        using var living = new SyncPeer(Plain.Segment);
        living.Tell($"sem-wait {At}");
        semaphore.Exit();
        Assert.Equal("0", living.Answer());
        semaphore.Exit();
        semaphore.Enter(Long);
        Assert.Equal(0, semaphore.Count);
    }

    private SyncPeer Start(string line, bool hasAnswer = true)
    {
        var peer = new SyncPeer(Plain.Segment);
        if (hasAnswer)
        {
            peer.Ask(line);
        }
        else
        {
            peer.Tell(line);
        }

        return peer;
    }

    /// <summary>Locks and looks: the two counters are equal, but for one whose owner was killed between them.</summary>
    private int TryCount(ShmMutex mutex, TimeSpan timeout, int last)
    {
        ShmLockResult result;
        try
        {
            result = mutex.Lock(timeout);
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.WaitTimeout && timeout < Long
            && timeout > TimeSpan.Zero)
        {
            return last;
        }

        var first = Plain.Reader.ReadInt32(First);
        var second = Plain.Reader.ReadInt32(Second);
        if (result == ShmLockResult.OwnerDied)
        {
            Assert.InRange(first - second, 0, 1);
            Plain.Writer.WriteInt32(Repairs, Plain.Reader.ReadInt32(Repairs) + 1);
            Plain.Writer.WriteInt32(Second, first);
        }
        else
        {
            Assert.Equal(first, second);
        }

        Assert.True(first >= last, "A count was lost.");
        mutex.Unlock();
        return first;
    }
}
