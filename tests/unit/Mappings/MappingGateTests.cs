using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>Accesses beside each other, changes alone: whatever the threads do.</summary>
public class MappingGateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_change_sees_no_access_under_way()
    {
        var gate = new MappingGate();
        var inside = 0;
        var violations = 0;
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                var slot = gate.Enter();
                Interlocked.Increment(ref inside);
                Interlocked.Decrement(ref inside);
                MappingGate.Exit(gate, slot);
            }
        }));
        var writers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                gate.EnterWriteLock();
                for (var i = 0; i < 100; i++)
                {
                    violations += Volatile.Read(ref inside);
                }

                gate.ExitWriteLock();
            }
        }));

        await Task.WhenAll(readers.Concat(writers)).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0, violations);
    }

    [Fact]
    public async Task An_access_within_an_access_does_not_wait_for_a_change_that_waits_for_it()
    {
        var gate = new MappingGate();
        var outer = gate.Enter();
        var change = Task.Run(() =>
        {
            gate.EnterWriteLock();
            gate.ExitWriteLock();
        }, TestContext.Current.CancellationToken);
        SpinWait.SpinUntil(() => change.Status == TaskStatus.Running, Patience);
        Thread.Sleep(20);

        MappingGate.Exit(gate, gate.Enter());
        Assert.False(change.IsCompleted);
        MappingGate.Exit(gate, outer);

        await change.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_change_that_is_interrupted_while_it_waits_leaves_the_gate_open()
    {
        var gate = new MappingGate();

        // The access is of another thread than that of the change and the next access.
        MappingGate.Exit(gate, gate.Enter());
        using var leave = new ManualResetEventSlim();
        using var isInside = new ManualResetEventSlim();
        var access = Task.Run(() =>
        {
            var slot = gate.Enter();
            isInside.Set();
            leave.Wait(Patience, CancellationToken.None);
            MappingGate.Exit(gate, slot);
        }, TestContext.Current.CancellationToken);
        isInside.Wait(Patience, TestContext.Current.CancellationToken);
        Exception? thrown = null;
        var change = new Thread(() => thrown = Record.Exception(gate.EnterWriteLock));
        change.Start();
        SpinWait.SpinUntil(() => change.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience);
        change.Interrupt();
        Assert.True(change.Join(Patience));
        Assert.IsType<ThreadInterruptedException>(thrown);

        leave.Set();
        await access.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await Task.Run(() =>
        {
            MappingGate.Exit(gate, gate.Enter());
            gate.EnterWriteLock();
            gate.ExitWriteLock();
        }, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void An_access_that_waits_for_a_change_begins_although_it_is_interrupted()
    {
        var gate = new MappingGate();
        gate.EnterWriteLock();
        var (isInside, isInterrupted) = (false, false);
        var access = new Thread(() =>
        {
            var slot = gate.Enter();
            isInside = true;
            MappingGate.Exit(gate, slot);
            isInterrupted = Record.Exception(() => Thread.Sleep(1)) is ThreadInterruptedException;
        });
        access.Start();
        SpinWait.SpinUntil(() => access.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience);
        access.Interrupt();
        Assert.False(access.Join(20));
        gate.ExitWriteLock();

        Assert.True(access.Join(Patience));
        Assert.True(isInside);
        Assert.True(isInterrupted, "The interruption did not come at the next wait.");
    }

    [Fact]
    public async Task Accesses_to_two_mappings_end_in_any_order()
    {
        var first = new MappingGate();
        var second = new MappingGate();
        var one = first.Enter();
        var two = second.Enter();
        MappingGate.Exit(first, one);
        MappingGate.Exit(second, two);

        await Task.Run(() =>
        {
            first.EnterWriteLock();
            second.EnterWriteLock();
            second.ExitWriteLock();
            first.ExitWriteLock();
        }, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_change_waits_for_an_access_within_one_of_another_mapping()
    {
        var first = new MappingGate();
        var second = new MappingGate();
        var one = first.Enter();
        var two = second.Enter();
        Assert.Null(two);
        var change = Task.Run(second.EnterWriteLock, TestContext.Current.CancellationToken);
        Thread.Sleep(50);
        Assert.False(change.IsCompleted);
        MappingGate.Exit(second, two);
        MappingGate.Exit(first, one);
        await change.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_change_within_an_access_is_refused()
    {
        var gate = new MappingGate();
        var slot = gate.Enter();
        Assert.Throws<LockRecursionException>(gate.EnterWriteLock);
        MappingGate.Exit(gate, slot);
    }
}
