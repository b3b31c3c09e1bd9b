using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Allows many accesses to a mapping at once, or one change. An access costs a few plain instructions and no locked
/// one: each thread notes in its own slot where it is, and a change pays for both sides with a barrier that the kernel
/// imposes on all threads of the process (membarrier(2)). If only one thread has ever used the mapping, its changes
/// don't need even that.
/// </summary>
/// <param name="owner">
/// The mapping. A lease keeps its gate alive, and thereby the memory: otherwise the mapping's finalizer could take it
/// away in the middle of an access.
/// </param>
internal sealed class MappingGate(object? owner = null)
{
    // Stands for every thread.
    private static readonly ThreadSlot Everybody = ThreadSlot.OfNobody();

    // For an access within another of the same thread: what ends it means nothing.
    private static readonly ThreadSlot Inner = ThreadSlot.OfNobody();

    private static long s_lastId;

    private readonly object _change = new();
    private readonly long _id = Interlocked.Increment(ref s_lastId);

    // Who may enter without further checks: nobody at first and during a change, then the first thread, and everybody
    // once there was a second. Only written within _change.
    private ThreadSlot? _open;
    private ThreadSlot? _openAfterChange;
    private int _counted;

    /// <summary>What the gate is of.</summary>
    public object? Owner { get; } = owner;

    /// <summary>Whether the calling thread is within an access of any mapping.</summary>
    public static bool IsWithinAny => ThreadSlot.Mine is { IsNobody: false, Gate: not 0 };

    /// <summary>Begins an access; waits while a change is under way.</summary>
    /// <returns>For <see cref="Exit"/>, in the same thread.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ThreadSlot? Enter() => Enter(ThreadSlot.Mine);

    /// <summary>The same for callers that know the thread's slot.</summary>
    /// <param name="mine">The calling thread's slot.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ThreadSlot? Enter(ThreadSlot mine)
    {
        var id = _id;
        if (mine.Gate == 0)
        {
            Volatile.Write(ref mine.Gate, id);

            // The slot is written before what follows is read: a change's barrier sees to that.
            var open = Volatile.Read(ref _open);
            if (open == mine || open == Everybody)
            {
                return mine;
            }

            Volatile.Write(ref mine.Gate, 0);
        }

        return EnterSlowly();
    }

    /// <summary>Ends an access; the innermost first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exit(MappingGate gate, ThreadSlot? slot)
    {
        if (slot is not null)
        {
            Volatile.Write(ref slot.Gate, 0);
        }
        else
        {
            gate.ExitCounted();
        }

        GC.KeepAlive(gate);
    }

    /// <summary>Waits for all accesses to end and lets none begin.</summary>
    /// <exception cref="LockRecursionException">
    /// This thread is within an access, for whose end it would wait.
    /// </exception>
    public void EnterWriteLock()
    {
        if (ThreadSlot.Mine.Gate == _id)
        {
            throw new LockRecursionException("A mapping cannot be changed by a thread that is reading or writing it.");
        }

        Monitor.Enter(_change);
        _openAfterChange = _open;
        Volatile.Write(ref _open, null);
        try
        {
            if (_openAfterChange is not null && _openAfterChange != ThreadSlot.Mine)
            {
                WaitForAccesses();
            }

            var wait = default(SpinWait);
            while (Volatile.Read(ref _counted) != 0)
            {
                wait.SpinOnce();
            }
        }
        catch
        {
            // Thread.Interrupt ends this wait as any other.
            ExitWriteLock();
            throw;
        }
    }

    /// <summary>Ends the change. Called by the thread that began it.</summary>
    public void ExitWriteLock()
    {
        Volatile.Write(ref _open, _openAfterChange);
        Monitor.Exit(_change);
    }

    private void WaitForAccesses()
    {
        Interlocked.MemoryBarrierProcessWide();
        var wait = default(SpinWait);
        foreach (var slot in ThreadSlot.All())
        {
            while (Volatile.Read(ref slot.Gate) == _id)
            {
                wait.SpinOnce();
            }
        }
    }

    /// <summary>A thread's first access, or its first here; a nested one; or a change under way.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ThreadSlot? EnterSlowly()
    {
        var slot = ThreadSlot.MineOrNew();
        if (slot.Gate == _id)
        {
            // A change waits for the outer access, so waiting for the change would deadlock.
            return Inner;
        }

        // Who ends a use of memory (an unlocking) or has just begun one comes here as well.
        using (FirmLock.Enter(_change))
        {
            if (slot.Gate == 0)
            {
                // A change waits for this lock and then sees both.
                Volatile.Write(ref _open, _open is null || _open == slot ? slot : Everybody);
                Volatile.Write(ref slot.Gate, _id);
                return slot;
            }

            Interlocked.Increment(ref _counted);
        }

        return null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ExitCounted() => Interlocked.Decrement(ref _counted);
}
