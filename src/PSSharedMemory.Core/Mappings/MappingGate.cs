using System;
using System.Collections.Generic;
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
    private static readonly ThreadSlot Everybody = new();

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
    public static bool IsWithinAny => ThreadSlot.Mine is { Gate: not 0 };

    /// <summary>Begins an access; waits while a change is under way.</summary>
    /// <returns>For <see cref="Exit"/>, in the same thread.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ThreadSlot? Enter() => Enter(ThreadSlot.Mine);

    /// <summary>The same for callers that know the thread's slot.</summary>
    /// <param name="mine">Its slot, if it has one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ThreadSlot? Enter(ThreadSlot? mine)
    {
        if (mine is { Gate: 0 } slot)
        {
            Volatile.Write(ref slot.Gate, _id);

            // The slot is written before what follows is read: a change's barrier sees to that.
            var open = Volatile.Read(ref _open);
            if (open == slot || open == Everybody)
            {
                return slot;
            }

            Volatile.Write(ref slot.Gate, 0);
        }

        return EnterSlowly();
    }

    /// <summary>Ends an access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit(ThreadSlot? slot)
    {
        if (slot is { Nested: 0 })
        {
            Volatile.Write(ref slot.Gate, 0);
        }
        else
        {
            ExitSlowly(slot);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Waits for all accesses to end and lets none begin.</summary>
    /// <exception cref="LockRecursionException">
    /// This thread is within an access, for whose end it would wait.
    /// </exception>
    public void EnterWriteLock()
    {
        if (ThreadSlot.Mine is { } slot && slot.Gate == _id)
        {
            throw new LockRecursionException("A mapping cannot be changed by a thread that is reading or writing it.");
        }

        Monitor.Enter(_change);
        _openAfterChange = _open;
        Volatile.Write(ref _open, null);
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
        var slot = ThreadSlot.Mine ?? ThreadSlot.Register();
        if (slot.Gate == _id)
        {
            // Already within an access: a change waits for it, so waiting for the change would deadlock.
            slot.Nested++;
            return slot;
        }

        lock (_change)
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
    private void ExitSlowly(ThreadSlot? slot)
    {
        if (slot is null)
        {
            Interlocked.Decrement(ref _counted);
        }
        else
        {
            slot.Nested--;
        }
    }

    /// <summary>Where one thread is.</summary>
    internal sealed class ThreadSlot
    {
        /// <summary>The number of the gate that the thread is within; 0 for none.</summary>
        public long Gate;

        /// <summary>The nesting depth; only the thread itself reads it.</summary>
        public int Nested;

        [ThreadStatic]
        private static ThreadSlot? t_mine;

        /// <summary>The calling thread's slot, if it has one.</summary>
        public static ThreadSlot? Mine
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => t_mine;
        }

        /// <summary>The slots of all threads that may be within a gate.</summary>
        public static IEnumerable<ThreadSlot> All() => Slots.All();

        /// <summary>Gives the calling thread a slot.</summary>
        public static ThreadSlot Register()
        {
            var slot = new ThreadSlot();
            Slots.Add(slot);
            t_mine = slot;
            return slot;
        }
    }

    /// <summary> The slots of this process' threads; those of ended threads are collected. </summary>
    private static class Slots
    {
        private static readonly object Adding = new();
        private static WeakReference<ThreadSlot>[] s_all = [];

        public static void Add(ThreadSlot slot)
        {
            lock (Adding)
            {
                var alive = Array.FindAll(s_all, static reference => reference.TryGetTarget(out _));
                Volatile.Write(ref s_all, [.. alive, new WeakReference<ThreadSlot>(slot)]);
            }
        }

        public static IEnumerable<ThreadSlot> All()
        {
            foreach (var reference in Volatile.Read(ref s_all))
            {
                if (reference.TryGetTarget(out var slot))
                {
                    yield return slot;
                }
            }
        }
    }
}
