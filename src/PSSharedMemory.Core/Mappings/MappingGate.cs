using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Lets many accesses to a mapping be under way, or one change of it. An access costs a few plain instructions, no
/// locked one: a thread says in a slot of its own where it is, and a change pays for both sides with a barrier that
/// the kernel makes all threads of the process pass (membarrier(2)).
/// </summary>
/// <param name="owner">
/// What the gate is of. A thread within the gate refers to it, and so the memory stays, also where nobody else does:
/// its finalizer would take the memory away in the middle of an access.
/// </param>
internal sealed class MappingGate(object? owner = null)
{
    private readonly object _change = new();
    private bool _isChanging;
    private int _counted;

    /// <summary>What the gate is of.</summary>
    public object? Owner { get; } = owner;

    /// <summary>Whether the calling thread is within an access of any mapping.</summary>
    public static bool IsWithinAny => ThreadSlot.Mine?.Gate is not null;

    /// <summary>Begins an access; waits while a change is under way.</summary>
    /// <returns>For <see cref="Exit"/>, in the same thread.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ThreadSlot? Enter()
    {
        if (ThreadSlot.Mine is { Gate: null } slot)
        {
            Volatile.Write(ref slot.Gate, this);

            // What follows is not read before the slot is written: a change makes sure of that, by its barrier.
            if (!Volatile.Read(ref _isChanging))
            {
                return slot;
            }

            Volatile.Write(ref slot.Gate, null);
        }

        return EnterSlowly();
    }

    /// <summary>Ends an access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit(ThreadSlot? slot)
    {
        if (slot is null)
        {
            Interlocked.Decrement(ref _counted);
        }
        else if (slot.Nested > 0)
        {
            slot.Nested--;
        }
        else
        {
            Volatile.Write(ref slot.Gate, null);
        }
    }

    /// <summary>Waits until no access is under way, and lets none begin.</summary>
    /// <exception cref="LockRecursionException">
    /// This thread is within an access, for whose end it would wait.
    /// </exception>
    public void EnterWriteLock()
    {
        if (ThreadSlot.Mine?.Gate == this)
        {
            throw new LockRecursionException("A mapping cannot be changed by a thread that is reading or writing it.");
        }

        Monitor.Enter(_change);
        Volatile.Write(ref _isChanging, true);
        Interlocked.MemoryBarrierProcessWide();
        var wait = default(SpinWait);
        foreach (var slot in ThreadSlot.All())
        {
            while (Volatile.Read(ref slot.Gate) == this)
            {
                wait.SpinOnce();
            }
        }

        while (Volatile.Read(ref _counted) != 0)
        {
            wait.SpinOnce();
        }
    }

    /// <summary>Ends the change. Called by the thread that began it.</summary>
    public void ExitWriteLock()
    {
        Volatile.Write(ref _isChanging, false);
        Monitor.Exit(_change);
    }

    /// <summary>The first access of a thread, one within another, or a change under way.</summary>
    private ThreadSlot? EnterSlowly()
    {
        if (ThreadSlot.Mine is not { } slot)
        {
            ThreadSlot.Register();
            return Enter();
        }

        if (slot.Gate == this)
        {
            // Within an access already: a change waits for that, and must not be waited for in turn.
            slot.Nested++;
            return slot;
        }

        lock (_change)
        {
            Interlocked.Increment(ref _counted);
        }

        return null;
    }

    /// <summary>Where one thread is.</summary>
    internal sealed class ThreadSlot
    {
        /// <summary>The gate that the thread is within.</summary>
        public MappingGate? Gate;

        /// <summary>How often more than once; only the thread itself looks at it.</summary>
        public int Nested;

        [ThreadStatic]
        private static ThreadSlot? t_mine;

        /// <summary>That of the calling thread, if it has one.</summary>
        public static ThreadSlot? Mine => t_mine;

        /// <summary>The slots of all threads that may be within a gate.</summary>
        public static IEnumerable<ThreadSlot> All() => Slots.All();

        /// <summary>Gives the calling thread a slot.</summary>
        public static void Register()
        {
            t_mine = new ThreadSlot();
            Slots.Add(t_mine);
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
