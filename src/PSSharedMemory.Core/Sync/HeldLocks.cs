using System;
using System.Runtime.CompilerServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The mutexes that the calling thread holds, in the order in which it locked them. Robust ones are also linked to one
/// another in the shared memory, for the kernel: those links are written from here, never read as addresses, and
/// put right before each operation.
/// </summary>
internal sealed unsafe class HeldLocks
{
    [ThreadStatic]
    private static HeldLocks? t_mine;

    private HeldLock[] _all = [];
    private HeldLock? _newest;
    private HeldLock? _free;

    private HeldLocks()
    {
    }

    /// <summary>Those of the calling thread.</summary>
    /// <exception cref="ShmException">PlatformNotSupported.</exception>
    public static HeldLocks Mine => t_mine ?? Begin();

    /// <summary>The kernel's id of the thread.</summary>
    public int ThreadId { get; } = Libc.gettid();

    /// <summary>The thread's list in the kernel's sense.</summary>
    public RobustList List { get; } = new();

    /// <summary>All records, for other threads to search: those in use have a mapping.</summary>
    public ReadOnlySpan<HeldLock> All => Volatile.Read(ref _all);

    /// <summary>That of a mutex, given in any mapping of it; null where this thread doesn't hold it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HeldLock? Find(ShmMapping mapping, long offset) => _newest is null ? null : FindAmong(mapping, offset);

    /// <summary>
    /// The same after a repair, which the only one needs not: its links are not read, and it has no neighbours. Within
    /// no lease.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HeldLock? FindSound(ShmMapping mapping, long offset)
    {
        if (_newest is { Older: null, IsCertain: true } only && only.Mapping == mapping && only.Offset == offset
            && IsMine(only, (GlibcMutex*)only.Address))
        {
            return only;
        }

        Repair();
        return Find(mapping, offset);
    }

    /// <summary>Notes one that was locked just now, and links it if it is robust. Within a lease.</summary>
    public HeldLock Add(ShmMapping? mapping, long offset, GlibcMutex* mutex, MutexKind kind)
    {
        var held = _free ?? NewRecord();
        _free = held.Older;
        held.Offset = offset;
        held.Address = (nint)mutex;
        held.Kind = kind;
        held.Depth = 1;
        held.IsInconsistent = false;
        held.IsCertain = mapping is null or { IsCopiedByKernel: false };
        held.Newer = null;
        held.Older = _newest;
        if (_newest is not null)
        {
            _newest.Newer = held;
        }

        _newest = held;
        mapping?.AskBeforeChange(LockHolders.Instance);
        held.Mapping = mapping;
        if (kind.IsRobust)
        {
            Link(held, mutex);
        }

        return held;
    }

    /// <summary>Takes one out of the list that the kernel follows; it stays noted.</summary>
    public void Unlink(HeldLock held)
    {
        if (!held.Kind.IsRobust)
        {
            return;
        }

        var (newer, older) = (NewerRobust(held), OlderRobust(held));
        if (newer is null)
        {
            List.First = older?.Marked ?? List.Back;
        }
        else
        {
            WriteLink(newer, newer.Place, older?.Marked ?? List.Back);
        }

        if (older is null)
        {
            List.Last = newer?.Place ?? List.Front;
        }
        else
        {
            WriteLink(older, older.Place - sizeof(nint), newer?.Place ?? List.Front);
        }
    }

    /// <summary>Forgets one that was unlocked or lost.</summary>
    public void Forget(HeldLock held)
    {
        if (held.Newer is null)
        {
            _newest = held.Older;
        }
        else
        {
            held.Newer.Older = held.Older;
        }

        if (held.Older is not null)
        {
            held.Older.Newer = held.Newer;
        }

        held.Mapping = null;
        held.Newer = null;
        held.Older = _free;
        _free = held;
    }

    /// <summary>
    /// Puts right what others have written over the links of what this thread holds; what they took from it is held no
    /// longer. Within no lease.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Repair()
    {
        if (_newest is not null)
        {
            RepairAll();
        }
    }

    /// <summary>Whether the thread, which is the calling one, still has it.</summary>
    public bool StillHas(HeldLock held)
    {
        GlibcMutex copy;
        return TryRead(held, &copy) && IsMine(held, &copy);
    }

    private static HeldLocks Begin()
    {
        t_mine = new HeldLocks();
        LockHolders.Instance.Add(t_mine);
        return t_mine;
    }

    private HeldLock? FindAmong(ShmMapping mapping, long offset)
    {
        for (var held = _newest; held is not null; held = held.Older)
        {
            if ((held.Mapping == mapping && held.Offset == offset) || IsSamePlace(held, mapping, offset))
            {
                return held;
            }
        }

        return null;
    }

    private static bool IsSamePlace(HeldLock held, ShmMapping mapping, long offset) =>
        held.Mapping is { IsCopyOnWrite: false } other
        && !mapping.IsCopyOnWrite
        && other != mapping
        && other.Offset + held.Offset == mapping.Offset + offset
        && other.Segment.IsSame(mapping.Segment);

    private static HeldLock? NewerRobust(HeldLock held)
    {
        var found = held.Newer;
        while (found is { Kind.IsRobust: false })
        {
            found = found.Newer;
        }

        return found;
    }

    private static HeldLock? OlderRobust(HeldLock held)
    {
        var found = held.Older;
        while (found is { Kind.IsRobust: false })
        {
            found = found.Older;
        }

        return found;
    }

    /// <summary>
    /// Whether all of the bytes are there. Where an object ends within a page, the rest reads as zeros.
    /// </summary>
    private static bool TryRead(HeldLock held, GlibcMutex* copy)
    {
        if (held.IsCertain)
        {
            *copy = *(GlibcMutex*)held.Address;
            return true;
        }

        return GuardedCopy.Read(held.Address, new Span<byte>(copy, sizeof(GlibcMutex))) == sizeof(GlibcMutex)
            && PagePopulation.IsWritable(held.Address, sizeof(GlibcMutex));
    }

    private static void WriteLink(HeldLock held, nint address, nint value)
    {
        if (held.IsCertain)
        {
            Volatile.Write(ref *(nint*)address, value);
        }
        else
        {
            _ = GuardedCopy.Write(address, new ReadOnlySpan<byte>(&value, sizeof(nint)));
        }
    }

    private HeldLock NewRecord()
    {
        var record = new HeldLock();
        Volatile.Write(ref _all, [.. _all, record]);
        return record;
    }

    /// <summary>The kernel follows the list from its front: that changes last.</summary>
    private void Link(HeldLock held, GlibcMutex* mutex)
    {
        var older = OlderRobust(held);
        mutex->Next = older?.Marked ?? List.Back;
        mutex->Previous = List.Front;
        if (older is null)
        {
            List.Last = held.Place;
        }
        else
        {
            WriteLink(older, older.Place - sizeof(nint), held.Place);
        }

        List.First = held.Marked;
    }

    private bool IsMine(HeldLock held, GlibcMutex* mutex) =>
        mutex->Kind == held.Kind.Bits && GlibcMutex.HolderOf(mutex, held.Kind) == ThreadId;

    private void RepairAll()
    {
        GlibcMutex copy;
        for (var held = _newest; held is not null;)
        {
            var older = held.Older;
            if (!TryRead(held, &copy) || !IsMine(held, &copy))
            {
                Lose(held);
            }
            else if (held.Kind.IsRobust)
            {
                RepairLinks(held, &copy);
            }

            held = older;
        }
    }

    private void RepairLinks(HeldLock held, GlibcMutex* found)
    {
        var next = OlderRobust(held)?.Marked ?? List.Back;
        var previous = NewerRobust(held)?.Place ?? List.Front;
        if (found->Next != next)
        {
            WriteLink(held, held.Place, next);
        }

        if (found->Previous != previous)
        {
            WriteLink(held, held.Place - sizeof(nint), previous);
        }
    }

    private void Lose(HeldLock held)
    {
        var mapping = held.Mapping;
        Unlink(held);
        Forget(held);
        mapping?.EndLostHold();
    }
}
