using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Lets many accesses to a mapping be under way, or one change of it. An access costs a few plain instructions, no
/// locked one: a thread says in a slot of its own where it is, and a change pays for both sides with a barrier that
/// the kernel makes all threads of the process pass (membarrier(2)).
/// </summary>
internal sealed class MappingGate
{
    private readonly object _change = new();
    private bool _isChanging;
    private int _counted;

    /// <summary>Begins an access; waits while a change is under way.</summary>
    public void EnterReadLock()
    {
        var slot = ThreadSlot.Mine;
        if (slot.Gate == this)
        {
            // Within an access already: a change waits for that, and must not be waited for in turn.
            slot.Depth++;
            return;
        }

        if (slot.Gate is null)
        {
            slot.Depth = 1;
            Volatile.Write(ref slot.Gate, this);

            // What follows is not read before the slot is written: a change makes sure of that, by its barrier.
            if (!Volatile.Read(ref _isChanging))
            {
                return;
            }

            Leave(slot);
        }

        // A second mapping within an access to a first, or a change under way: rare, and counted.
        lock (_change)
        {
            Interlocked.Increment(ref _counted);
        }
    }

    /// <summary>Ends an access of this thread.</summary>
    public void ExitReadLock()
    {
        var slot = ThreadSlot.Mine;
        if (slot.Gate == this)
        {
            Leave(slot);
        }
        else
        {
            Interlocked.Decrement(ref _counted);
        }
    }

    /// <summary>Waits until no access is under way, and lets none begin.</summary>
    /// <exception cref="LockRecursionException">This thread is within an access, for whose end it would wait.</exception>
    public void EnterWriteLock()
    {
        if (ThreadSlot.Mine.Gate == this)
        {
            throw new LockRecursionException("A mapping cannot be changed by a thread that is reading or writing it.");
        }

        Monitor.Enter(_change);
        Volatile.Write(ref _isChanging, true);
        Interlocked.MemoryBarrierProcessWide();
        var wait = new SpinWait();
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

    private static void Leave(ThreadSlot slot)
    {
        if (--slot.Depth == 0)
        {
            Volatile.Write(ref slot.Gate, null);
        }
    }

    /// <summary>Where one thread is.</summary>
    private sealed class ThreadSlot
    {
        // Belongs to the threads of the process, as the address space does.
        private static readonly object Registering = new();
        private static WeakReference<ThreadSlot>[] s_all = [];

        [ThreadStatic]
        private static ThreadSlot? t_mine;

        /// <summary>The gate that the thread is within.</summary>
        public MappingGate? Gate;

        /// <summary>How often; only the thread itself looks at it.</summary>
        public int Depth;

        public static ThreadSlot Mine => t_mine ?? Register();

        /// <summary>The slots of all threads that may be within a gate. That of a thread which has ended is collected.</summary>
        public static System.Collections.Generic.IEnumerable<ThreadSlot> All()
        {
            foreach (var reference in Volatile.Read(ref s_all))
            {
                if (reference.TryGetTarget(out var slot))
                {
                    yield return slot;
                }
            }
        }

        private static ThreadSlot Register()
        {
            var slot = new ThreadSlot();
            lock (Registering)
            {
                var alive = Array.FindAll(s_all, static reference => reference.TryGetTarget(out _));
                Volatile.Write(ref s_all, [.. alive, new WeakReference<ThreadSlot>(slot)]);
            }

            return t_mine = slot;
        }
    }
}
