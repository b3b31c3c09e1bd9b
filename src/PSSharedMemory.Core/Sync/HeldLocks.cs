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
internal sealed unsafe partial class HeldLocks
{
    // Records in use come first, in order. Reordering makes a new array, since other threads may be reading this one.
    private HeldLock[] _all = [new HeldLock()];
    private int _count;

    private HeldLocks(ThreadSlot slot) => Slot = slot;

    /// <summary>The locks of the calling thread.</summary>
    /// <exception cref="ShmException">PlatformNotSupported.</exception>
    public static HeldLocks Mine
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        // Nobody else keeps anything there.
        get => Unsafe.As<HeldLocks?>(ThreadSlot.Mine.Holds) ?? Begin();
    }

    /// <summary>The kernel's id of the thread.</summary>
    public int ThreadId { get; } = Libc.gettid();

    /// <summary>When the thread was running: its id may be another's once it has ended.</summary>
    public ulong StartedBy { get; } = ThreadLife.Now;

    /// <summary>The thread's slot, for the gates of mappings.</summary>
    public ThreadSlot Slot { get; }

    /// <summary>The thread's robust list, as the kernel sees it.</summary>
    public readonly RobustList List = new();

    /// <summary>Whether it holds none.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>All records, for other threads to search; those in use have a mapping.</summary>
    public ReadOnlySpan<HeldLock> All => Volatile.Read(ref _all);

    /// <summary>The record of a mutex, through any mapping of it; null if this thread doesn't hold it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HeldLock? Find(ShmMapping mapping, long offset) => _count == 0 ? null : FindAmong(mapping, offset);

    /// <summary>
    /// The one record this thread has, if it's a plain robust mutex, locked once, that needs no repair: it has no
    /// neighbours, so no links are read. Otherwise null.
    /// </summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from its start.</param>
    /// <param name="mutex">Where that lies, if it is held.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HeldLock? FindOnly(ShmMapping mapping, long offset, GlibcMutex* mutex)
    {
        var only = _all[0];
        return _count == 1 && only.IsPlain && only.Mapping == mapping && only.Offset == offset
            && mutex->Kind == only.Kind.Bits
            && (Volatile.Read(ref mutex->Word) & Libc.FUTEX_TID_MASK) == ThreadId
            ? only
            : null;
    }

    /// <summary>
    /// Records and links a plain robust mutex that was just locked and is the only one. It can be read directly. Within
    /// a lease.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddOnly(ShmMapping mapping, long offset, GlibcMutex* mutex, MutexKind kind)
    {
        var held = _all[0];
        held.Offset = offset;
        held.Address = (nint)mutex;
        held.Kind = kind;
        held.Depth = 1;
        held.IsInconsistent = false;
        held.IsCertain = true;
        held.IsPlain = true;
        mapping.AskBeforeChange(LockHolders.Instance);
        held.Mapping = mapping;
        _count = 1;
        LinkOnly(mutex, (nint)(&mutex->Next));
    }

    /// <summary>Forgets the only one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ForgetOnly(HeldLock held)
    {
        held.Mapping = null;
        _count = 0;
    }

    /// <summary>Records one that was just locked, and links it if it's robust. Within a lease.</summary>
    public HeldLock Add(ShmMapping? mapping, long offset, GlibcMutex* mutex, MutexKind kind)
    {
        var count = _count;
        var all = _all;
        var held = count < all.Length ? all[count] : NewRecord();
        held.Offset = offset;
        held.Address = (nint)mutex;
        held.Kind = kind;
        held.Depth = 1;
        held.IsInconsistent = false;
        held.IsCertain = mapping is null or { IsCopiedByKernel: false };
        held.IsPlain = false;
        mapping?.AskBeforeChange(LockHolders.Instance);
        held.Mapping = mapping;
        _count = count + 1;
        if (!kind.IsRobust)
        {
            return held;
        }

        Link(count, mutex);
        return held;
    }

    /// <summary>Drops the record of one that was unlocked or lost.</summary>
    public void Forget(HeldLock held)
    {
        held.Mapping = null;
        if (_all[_count - 1] != held)
        {
            MoveToEnd(held);
        }

        _count--;
    }

    /// <summary>Whether the calling thread still holds it.</summary>
    public bool StillHas(HeldLock held)
    {
        GlibcMutex copy;
        return TryRead(held, &copy) && IsMine(held, &copy);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static HeldLocks Begin()
    {
        var mine = new HeldLocks(ThreadSlot.MineOrNew());
        mine.Slot.Holds = mine;
        LockHolders.Instance.Add(mine);
        return mine;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HeldLock NewRecord()
    {
        var record = new HeldLock();
        Volatile.Write(ref _all, [.. _all, record]);
        return record;
    }

    private void MoveToEnd(HeldLock held)
    {
        var index = Array.IndexOf(_all, held, 0, _count);
        Volatile.Write(ref _all, [.. _all[..index], .. _all[(index + 1).._count], held, .. _all[_count..]]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private HeldLock? FindAmong(ShmMapping mapping, long offset)
    {
        for (var index = _count - 1; index >= 0; index--)
        {
            var held = _all[index];
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

    /// <summary>
    /// Whether all bytes are there. Past the object's end, the rest of its last page reads as zeros.
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

    private bool IsMine(HeldLock held, GlibcMutex* mutex) =>
        mutex->Kind == held.Kind.Bits && GlibcMutex.HolderOf(mutex, held.Kind) == ThreadId;
}
