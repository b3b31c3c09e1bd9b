using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Where one thread is, and what it holds. A thread finds its own by where its stack lies: a thread static of the
/// runtime takes a call into the loader of the C library each time, which costs more than an atomic instruction.
/// </summary>
internal sealed unsafe class ThreadSlot
{
    // The binary logarithms: of a window of a stack in bytes, and of the entries for the windows of all threads.
    private const int WindowBits = 18;
    private const int EntryBits = 11;

    // In the slot of nobody: no gate is entered with it.
    private const long Never = -1;

    /// <summary>The number of the gate that the thread is within; 0 for none.</summary>
    public long Gate;

    private static readonly ThreadSlot Nobody = new(ThreadStack.None) { Gate = Never };
    private static readonly ThreadSlot[] Found = NewEntries();

    [ThreadStatic]
    private static ThreadSlot? t_mine;

    // Copied from the stack, which saves a step.
    private readonly nint _low;
    private readonly nuint* _size;
    private readonly ThreadStack _stack;

    private ThreadSlot(ThreadStack stack)
    {
        _stack = stack;
        _low = stack.Low;
        _size = stack.Size;
    }

    /// <summary>What the rooms above keep of the thread.</summary>
    public object? Holds { get; set; }

    /// <summary>Whether it is that of a thread without one.</summary>
    public bool IsNobody => this == Nobody;

    /// <summary>Whether the thread is ending or has ended, or where its stack lies isn't known.</summary>
    public bool MayHaveEnded => Volatile.Read(ref *_size) == 0;

    /// <summary>That of the calling thread; where it has none, one that is never within a gate.</summary>
    public static ThreadSlot Mine
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining), SkipLocalsInit]
        get
        {
            byte local;
            var here = (nint)(&local);
            var found = EntryOf(here);
            return found.Has(here) ? found : FindMine(here);
        }
    }

    /// <summary>The slots of all threads that may be within a gate.</summary>
    public static IEnumerable<ThreadSlot> All() => Slots.All();

    /// <summary>That of the calling thread, which has one from then on.</summary>
    public static ThreadSlot MineOrNew()
    {
        if (Mine is { IsNobody: false } mine)
        {
            return mine;
        }

        var slot = new ThreadSlot(ThreadStack.OfThisThread());
        Slots.Add(slot);
        t_mine = slot;
        return slot;
    }

    /// <summary>One of no thread, for comparisons.</summary>
    public static ThreadSlot OfNobody() => new(ThreadStack.None);

    /// <summary>Stacks have some megabytes and are used near their top: those of sixty neighbours differ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ThreadSlot EntryOf(nint here) => ref Unsafe.Add(
        ref MemoryMarshal.GetArrayDataReference(Found),
        (here >> WindowBits) & ((1 << EntryBits) - 1));

    /// <summary>By the runtime's own means. Notes where it was found, unless that is another living thread's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ThreadSlot FindMine(nint here)
    {
        var mine = t_mine ?? Nobody;
        ref var entry = ref EntryOf(here);
        if (mine.Has(here) && *Volatile.Read(ref entry)._size == 0)
        {
            Volatile.Write(ref entry, mine);
        }

        return mine;
    }

    private static ThreadSlot[] NewEntries()
    {
        var entries = new ThreadSlot[1 << EntryBits];
        Array.Fill(entries, Nobody);
        return entries;
    }

    /// <summary>Whether the thread lives, and an address is one of its stack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Has(nint address) => (nuint)(address - _low) < Volatile.Read(ref *_size);

    /// <summary>
    /// The slots of the process, whose threads they belong to. That of a thread which has ended is collected.
    /// </summary>
    private static class Slots
    {
        private static readonly object Adding = new();
        private static WeakReference<ThreadSlot>[] s_all = [];

        public static void Add(ThreadSlot slot)
        {
            using (FirmLock.Enter(Adding))
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
