using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

/// <summary>
/// C programs sleep for a lock until they are woken, without looking again: whoever lets go of it must know that
/// somebody sleeps, even if the one that was woken first dies before it can take it.
/// </summary>
public sealed unsafe class WakingTests : SyncFixture
{
    private const long At = 128;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private int* Word => (int*)(Plain.Start + (nint)At);

    [Theory]
    [InlineData("mutex-init", Libc.FUTEX_WAITERS)]
    [InlineData("mutex-init-stalled", 2)]
    public void Who_has_slept_wakes_the_next(string init, int sleepers)
    {
        using var owner = new SyncPeer(Plain.Segment);
        Assert.Equal("0", owner.Ask($"{init} {At}"));
        Assert.Equal("0", owner.Ask($"lock {At}"));
        var woken = SleepAndDoNothing(sleepers);
        using var second = Sleeper();
        var mutex = new ShmMutex(Plain, At);
        using var isOver = new ManualResetEventSlim();
        var threadId = 0;
        var thread = new Thread(() =>
        {
            threadId = Libc.gettid();
            mutex.Lock(Long);
            isOver.Wait();
            mutex.Unlock();
        });
        thread.Start();
        AwaitSleepOf(ref threadId);
        Assert.Equal("0", owner.Ask($"unlock {At}"));
        woken.Join();
        isOver.Set();
        thread.Join();

        Assert.Equal("0", second.Answer());
    }

    [Fact]
    public void What_was_given_back_unrepaired_wakes_the_next()
    {
        var mutex = ShmMutex.Create(Plain, At);
        var dead = new Thread(() => mutex.Lock());
        dead.Start();
        dead.Join();
        Assert.Equal(ShmLockResult.OwnerDied, mutex.Lock(Long));
        var woken = SleepAndDoNothing(Libc.FUTEX_WAITERS);
        using var second = Sleeper();
        mutex.GiveBack();
        woken.Join();
        Assert.Equal(ShmLockResult.OwnerDied, mutex.Lock(Long));
        mutex.Unlock();

        Assert.Equal("0", second.Answer());
    }

    [Fact]
    public void A_lock_held_for_a_moment_wakes_the_next()
    {
        new MutexPlace(Plain, At).Initialize(MutexKind.Robust);
        var hold = QuickHold.Try((nint)Word);
        Assert.True(hold.IsHeld);
        Assert.Equal((nint)Word + GlibcMutex.NextOffset, Pending());
        using var peer = Sleeper();
        hold.Release();
        Assert.Equal(0, Pending());

        Assert.Equal("0", peer.Answer());
    }

    [Fact]
    public void A_lock_that_is_of_another_kind_or_abandoned_is_not_held_for_a_moment()
    {
        foreach (var kind in (MutexKind[])[MutexKind.RobustErrorCheck, MutexKind.Robust.Inheriting()])
        {
            new MutexPlace(Plain, At).Initialize(kind);
            Assert.False(QuickHold.Try((nint)Word).IsHeld);
        }

        new MutexPlace(Plain, At).Initialize(MutexKind.Robust);
        var mutex = new ShmMutex(Plain, At);
        mutex.Lock();
        mutex.Abandon();
        Assert.False(QuickHold.Try((nint)Word).IsHeld);
        Assert.Equal(0, *Word);
    }

    /// <summary>What the kernel would look at if this thread were killed now.</summary>
    private static nint Pending()
    {
        Assert.Equal(0, Libc.get_robust_list(out var list));
        return list->list_op_pending;
    }

    private SyncPeer Sleeper()
    {
        var peer = new SyncPeer(Plain.Segment);
        peer.Tell($"lock {At}");
        peer.AwaitSleep();
        return peer;
    }

    /// <summary>Stands for a waiter that dies between being woken and taking the lock; the first in the row.</summary>
    private Thread SleepAndDoNothing(int sleepers)
    {
        var seen = Interlocked.Or(ref *Word, sleepers) | sleepers;
        if (sleepers != Libc.FUTEX_WAITERS)
        {
            seen = *Word = sleepers;
        }

        var threadId = 0;
        var address = (nint)Word;
        var thread = new Thread(() =>
        {
            Volatile.Write(ref threadId, Libc.gettid());
            _ = Libc.futex_wait(address, seen, Long);
        });
        thread.Start();
        AwaitSleepOf(ref threadId);
        return thread;
    }

    private void AwaitSleepOf(ref int threadId)
    {
        var clock = Stopwatch.StartNew();
        while (Volatile.Read(ref threadId) is 0 || !IsAsleep(threadId))
        {
            Assert.True(clock.Elapsed < Long, "It does not sleep.");
            Thread.Sleep(1);
        }
    }

    /// <summary>Whether a thread of this process is within futex(2) on the word.</summary>
    private bool IsAsleep(int threadId)
    {
        var call = File.ReadAllText($"/proc/self/task/{threadId}/syscall");
        return call.Split(' ') is [_, var address, ..] && address == $"0x{(nint)Word:x}";
    }
}
