using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Lets many accesses to a mapping be under way, or one change of it. An access costs a few plain instructions, no
/// locked one: a thread says in a slot of its own where it is, and a change pays for both sides with a barrier that
/// the kernel makes all threads of the process pass (membarrier(2)). Where one thread alone has used the mapping, its
/// own changes need not even that.
/// </summary>
/// <param name="owner">
/// What the gate is of. A lease keeps the gate, and so the memory stays, also where nobody else refers to it: its
/// finalizer would take the memory away in the middle of an access.
/// </param>
internal sealed class MappingGate(object? owner = null)
{
    // Stands for every thread.
    private static readonly ThreadSlot Everybody = new();

    private static long s_lastId;

    private readonly object _change = new();
    private readonly long _id = Interlocked.Increment(ref s_lastId);

    // Who may enter without a further look: nobody at first and during a change, then the first thread, or everybody
    // once there was a second. Written within _change alone.
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

    /// <summary>The same for who knows where the calling thread is.</summary>
    /// <param name="mine">Its slot, if it has one.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ThreadSlot? Enter(ThreadSlot? mine)
    {
        if (mine is { Gate: 0 } slot)
        {
            Volatile.Write(ref slot.Gate, _id);

            // What follows is not read before the slot is written: a change makes sure of that, by its barrier.
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

    /// <summary>Waits until no access is under way, and lets none begin.</summary>
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

    /// <summary>The first access of a thread, or here; one within another; or a change under way.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ThreadSlot? EnterSlowly()
    {
        var slot = ThreadSlot.Mine ?? ThreadSlot.Register();
        if (slot.Gate == _id)
        {
            // Within an access already: a change waits for that, and must not be waited for in turn.
            slot.Nested++;
            return slot;
        }

        lock (_change)
        {
            if (slot.Gate == 0)
            {
                // A change that comes waits for this lock, and then sees both.
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

        /// <summary>How often more than once; only the thread itself looks at it.</summary>
        public int Nested;

        [ThreadStatic]
        private static ThreadSlot? t_mine;

        /// <summary>That of the calling thread, if it has one.</summary>
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

    /// <summary>
    /// The slots of the process, whose threads they belong to. That of a thread which has ended is collected.
    /// </summary>
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
