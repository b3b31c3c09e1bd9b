using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

/// <summary>
/// Somebody writes over a mutex or a semaphore as fast as he can, whatever it is: words with and without living
/// threads, kinds, links. Each use ends in time, with one of the documented errors or none, and other locks work on.
/// PST_HOSTILE_SECONDS makes each run longer.
/// </summary>
public sealed class HostilePeerTests : SyncFixture
{
    private const long At = 4096;
    private const long Bystander = 8192;

    // On a busy host each use may last its timeout and longer.
    private const int Fewest = 25;

    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("PST_HOSTILE_SECONDS") ?? "0.7", CultureInfo.InvariantCulture));

    private static readonly ShmErrorId[] Documented =
    [
        ShmErrorId.WaitTimeout, ShmErrorId.InvalidStructure, ShmErrorId.AccessDenied, ShmErrorId.NotRecoverable,
        ShmErrorId.SegmentInUse, ShmErrorId.LimitReached,
    ];

    public static TheoryData<bool, bool> Kinds =>
        new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_mutex(bool isGuarded, bool inherits)
    {
        var m = MappingOf(isGuarded);
        var mutex = ShmMutex.Create(m, At, inherits);
        var bystander = ShmMutex.Create(MappingOf(!isGuarded), Bystander);
        Attack(m, OverwriteMutex, () =>
        {
            bystander.Lock(TimeSpan.FromSeconds(10));
            try
            {
                mutex.Lock(Timeout);
                mutex.Unlock();
            }
            finally
            {
                bystander.Unlock();
            }
        });
        m.Writer.WriteBytes(At, new byte[ShmMutex.Size]);
        ShmMutex.Create(m, At, inherits).Lock(Timeout);
        mutex.Unlock();
        m.Dismount();
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_semaphore(bool isGuarded)
    {
        var m = MappingOf(isGuarded);
        var semaphore = ShmSemaphore.Create(m, At, 1);
        Attack(m, OverwriteSemaphore, () =>
        {
            semaphore.Exit();
            semaphore.Enter(Timeout);
        });
    }

    [Fact]
    public void The_lock_of_structures_tells_a_death_and_keeps_its_time()
    {
        new MutexPlace(Plain, At).Initialize(MutexKind.Robust);
        var first = new RobustLock(Plain, At);
        var thread = new Thread(() => Assert.True(first.TryLock(out _)));
        thread.Start();
        thread.Join();
        Assert.True(first.Lock(new Deadline(TimeSpan.FromSeconds(10)), default, out var result));
        Assert.Equal(ShmLockResult.OwnerDied, result);
        first.Unlock();
        using var peer = new SyncPeer(Plain.Segment);
        Assert.Equal("0", peer.Ask($"lock {At}"));
        Assert.False(first.TryLock(out _));
        Assert.False(first.Lock(new Deadline(Timeout), default, out _));
        Assert.Equal("0", peer.Ask($"unlock {At}"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(first.TryLock(out _));
            first.Unlock();
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100);
    }

    /// <summary>Uses it for a while; no use lasts much longer than its timeout.</summary>
    private static void Attack(ShmMapping mapping, Action<nint, Random, int> overwrite, Action use)
    {
        using var stop = new CancellationTokenSource();
        var threadId = PSSharedMemory.Native.Libc.gettid();
        var address = mapping.Start + (nint)At;
        var attacker = new Thread(() =>
        {
            var random = new Random(7);
            while (!stop.IsCancellationRequested)
            {
                overwrite(address, random, threadId);
            }
        });
        attacker.Start();
        var ends = 0;
        var unexpected = new List<ShmException>();
        var fair = FairClock.StartNew();
        var clock = Stopwatch.StartNew();
        var worst = TimeSpan.Zero;
        while (clock.Elapsed < Duration || ends < Fewest)
        {
            var begun = clock.Elapsed;
            try
            {
                use();
            }
            catch (ShmException error)
            {
                if (Array.IndexOf(Documented, error.ErrorId) < 0)
                {
                    unexpected.Add(error);
                }
            }

            ends++;
            var took = clock.Elapsed - begun;
            worst = took > worst ? took : worst;
        }

        worst -= fair.Waited;
        stop.Cancel();
        attacker.Join();
        Assert.Empty(unexpected);
        Assert.True(worst < TimeSpan.FromSeconds(3), $"One use lasted {worst}.");
    }

    private static unsafe void OverwriteMutex(nint mutex, Random random, int threadId)
    {
        int[] kinds = [130, 146, 178, 128, 129, 144, 0, 64, 210, 242, int.MaxValue];
        int[] words = [0, threadId, 1, 2, threadId | int.MinValue, 0x40000000, -1, random.Next()];
        switch (random.Next(5))
        {
            case 0:
                Volatile.Write(ref *(int*)mutex, words[random.Next(words.Length)]);
                break;
            case 1:
                Volatile.Write(ref *(int*)(mutex + 16), kinds[random.Next(kinds.Length)]);
                break;
            case 2:
                Volatile.Write(ref *(long*)(mutex + 24), random.NextInt64());
                Volatile.Write(ref *(long*)(mutex + 32), random.NextInt64());
                break;
            case 3:
                Volatile.Write(ref *(int*)(mutex + 8), random.Next(2) == 0 ? int.MaxValue - random.Next(3) : threadId);
                break;
            default:
                Volatile.Write(ref *(int*)(mutex + 16), kinds[random.Next(4)]);
                Volatile.Write(ref *(int*)mutex, 0);
                break;
        }
    }

    private static unsafe void OverwriteSemaphore(nint semaphore, Random random, int threadId)
    {
        Volatile.Write(
            ref *(long*)semaphore,
            random.Next(3) == 0 ? random.NextInt64() : random.Next(3) + ((long)random.Next() << 32));
        Volatile.Write(ref *(int*)(semaphore + 8), random.Next(4) == 0 ? random.Next() : 128);
    }
}
