using System;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

/// <summary>
/// Threads here and C programs there lock one mutex, without end and timed, while owners die on both sides: no count is
/// lost and nobody hangs. PSSHM_HAMMER sets how many locks are taken for each kind (10000000 by hand).
/// </summary>
public sealed class HammerTests : SyncFixture
{
    private const long Mutex = 0;
    private const long First = 256;
    private const long Second = 512;
    private const int Turn = 10_000;

    private static readonly int Turns = Math.Max(
        1, int.Parse(Environment.GetEnvironmentVariable("PSSHM_HAMMER") ?? "0", CultureInfo.InvariantCulture)
            / (4 * Turn));

    private int _added;
    private int _repaired;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void No_lock_is_lost(bool isGuarded, bool inherits)
    {
        var mapping = MappingOf(isGuarded);
        ShmMutex.Create(mapping, Mutex, inherits);
        var died = 0;
        using (var peer = new SyncPeer(mapping.Segment))
        using (var timed = new SyncPeer(mapping.Segment))
        using (var mortal = new SyncPeer(mapping.Segment))
        {
            for (var turn = 0; turn < Turns; turn++)
            {
                peer.Tell($"locked-adds {Mutex} {First} {Second}");
                timed.Tell($"timed-adds {Mutex} {First} {Second}");
                var here = new[]
                {
                    Task.Factory.StartNew(() => Add(mapping, static _ => null), TaskCreationOptions.LongRunning),
                    Task.Factory.StartNew(
                        () => Add(mapping, static random => TimeSpan.FromMicroseconds(random.Next(200))),
                        TaskCreationOptions.LongRunning),
                };

                // One that ends in the middle of it, on this side; then one on the other.
                var thread = new Thread(() => Lock(mapping, null));
                thread.Start();
                thread.Join();
                died++;
                if (turn == 0)
                {
                    Assert.Contains(mortal.Ask($"lock {Mutex}"), new[] { "0", "EOWNERDEAD" });
                    mortal.Kill();
                    died++;
                }

                Task.WaitAll(here);
                Assert.Equal("0", peer.Answer());
                Assert.Equal("0", timed.Answer());
            }
        }

        // Who died in the middle of it may have added, or not: the two counts tell, and they are equal by now.
        Lock(mapping, null);
        new ShmMutex(mapping, Mutex).Unlock();
        var first = mapping.Reader.ReadInt32(First);
        Assert.Equal(first, mapping.Reader.ReadInt32(Second));
        Assert.Equal((2 * Turns * Turn) + _added, first);
        Assert.True(_repaired + mapping.Reader.ReadInt32(Second + sizeof(int)) >= died - 1, $"{died} died");
    }

    private void Add(ShmMapping mapping, Func<Random, TimeSpan?> timeout)
    {
        var random = new Random(5);
        var mutex = new ShmMutex(mapping, Mutex);
        for (var i = 0; i < Turn;)
        {
            if (Lock(mapping, timeout(random)))
            {
                mapping.Writer.WriteInt32(First, mapping.Reader.ReadInt32(First) + 1);
                mapping.Writer.WriteInt32(Second, mapping.Reader.ReadInt32(Second) + 1);
                i++;
                Interlocked.Increment(ref _added);
                mutex.Unlock();
            }
        }
    }

    /// <summary>Locks, and puts right what a dead owner left; false where it took too long.</summary>
    private bool Lock(ShmMapping mapping, TimeSpan? timeout)
    {
        ShmLockResult result;
        try
        {
            result = new ShmMutex(mapping, Mutex).Lock(timeout);
        }
        catch (ShmException error) when (error.ErrorId == ShmErrorId.WaitTimeout && timeout is not null)
        {
            return false;
        }

        if (result == ShmLockResult.OwnerDied)
        {
            Interlocked.Increment(ref _repaired);
        }

        Assert.Equal(mapping.Reader.ReadInt32(First), mapping.Reader.ReadInt32(Second));
        return true;
    }
}
