using System.Runtime.CompilerServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A mutex at an offset of a mapping: leases its memory, checks its bytes and records what this thread holds. Each call
/// is one try or one bounded sleep.
/// </summary>
internal readonly unsafe partial struct MutexPlace(ShmMapping mapping, long offset)
{
    public const ShmProtection Need = ShmProtection.Read | ShmProtection.Write;

    /// <summary>Initializes one, unlocked, over whatever was there.</summary>
    /// <exception cref="ShmException">As <see cref="Try"/>.</exception>
    public void Initialize(MutexKind kind)
    {
        GlibcLayout.Require(kind);
        using var lease = SyncAccess.Begin(mapping, offset, GlibcMutex.Size, GlibcMutex.Alignment, Need);
        GlibcMutex.Initialize((GlibcMutex*)lease.Address, kind);
        SyncAccess.End(mapping, offset, GlibcMutex.Size, Need);
    }

    /// <summary>
    /// Tries to lock it, and sleeps for it until a timestamp of Stopwatch at the latest; 0 does not sleep.
    /// </summary>
    /// <param name="until">A timestamp, no more than some 50 ms from now: a dismount waits for it.</param>
    /// <param name="waiters">0 at first; kept between tries of one thread.</param>
    /// <exception cref="ShmException">
    /// InvalidStructure, PlatformNotSupported, MappingDismounted, OutOfRange, InvalidOffset, PageNotMapped,
    /// PageProtected, SegmentTruncated, NoSpace.
    /// </exception>
    public LockOutcome Try(long until, ref int waiters)
    {
        var mine = HeldLocks.Mine;
        if (!mine.IsEmpty || until != 0)
        {
            return TryFully(mine, until, ref waiters);
        }

        // The most common case by far, in as few steps as possible: a free robust mutex, the only one this thread
        // takes.
        var (memory, start) = (mapping, offset);
        var slot = memory.Gate.Enter(mine.Slot);
        var mutex = (GlibcMutex*)(memory.Start + (nint)start);
        if (!memory.IsPlain(start, GlibcMutex.Size, Need) || (start & (GlibcMutex.Alignment - 1)) != 0
            || new MutexKind(Volatile.Read(ref mutex->Kind)) is not { IsPlainRobust: true } kind
            || Volatile.Read(ref mutex->Word) != 0 || !GlibcLayout.IsKnown)
        {
            MappingGate.Exit(memory.Gate, slot);
            return TryFully(mine, until, ref waiters);
        }

        mine.List.SetPending((nint)(&mutex->Next));
        var outcome = MutexWord.TryFree(mutex, mine, waiters);
        if (outcome == LockOutcome.Locked)
        {
            mine.AddOnly(memory, start, mutex, kind);
        }

        if (memory.HasLostBy)
        {
            EndLost(mine, new MappingLease(memory.Gate, slot, (nint)mutex));
            return outcome;
        }

        mine.List.SetPending(0);
        MappingGate.Exit(memory.Gate, slot);
        return outcome;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndLost(HeldLocks mine, MappingLease lease)
    {
        ForgetIfLost(mine);
        mine.List.SetPending(0);
        SyncAccess.End(mapping, lease, offset, GlibcMutex.Size, Need);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private LockOutcome TryFully(HeldLocks mine, long until, ref int waiters)
    {
        mine.Repair();
        using var lease = SyncAccess.Begin(mapping, offset, GlibcMutex.Size, GlibcMutex.Alignment, Need);
        var mutex = (GlibcMutex*)lease.Address;
        var kind = KindOf(mutex);
        if (mine.Find(mapping, offset) is { } held)
        {
            return LockAgain(held);
        }

        mine.List.SetPending(Marked(mutex, kind));
        var outcome = MutexWord.Try(mutex, kind, mine, waiters);
        if (outcome == LockOutcome.Busy && until != 0)
        {
            outcome = MutexWord.Sleep(mutex, kind, mine, until);
            waiters = Libc.FUTEX_WAITERS;
        }

        if (outcome is LockOutcome.Locked or LockOutcome.OwnerDied)
        {
            Note(mine, mutex, kind, outcome);
        }

        mine.List.SetPending(0);
        SyncAccess.End(mapping, offset, GlibcMutex.Size, Need);
        return outcome;
    }

    /// <summary>Whether the calling thread holds it.</summary>
    /// <exception cref="ShmException">As <see cref="Try"/>.</exception>
    public bool IsHeld()
    {
        var mine = HeldLocks.Mine;
        mine.Repair();
        if (mine.Find(mapping, offset) is not null)
        {
            return true;
        }

        using var lease = SyncAccess.Begin(mapping, offset, GlibcMutex.Size, GlibcMutex.Alignment, Need);
        _ = KindOf((GlibcMutex*)lease.Address);
        return false;
    }

    /// <summary>Its kind, and the thread that its bytes name as the holder; 0 for none.</summary>
    /// <exception cref="ShmException">As <see cref="Try"/>.</exception>
    public (MutexKind Kind, int ThreadId) Look()
    {
        using var lease = SyncAccess.Begin(mapping, offset, GlibcMutex.Size, GlibcMutex.Alignment, Need);
        var mutex = (GlibcMutex*)lease.Address;
        var kind = KindOf(mutex);
        return (kind, GlibcMutex.HolderOf(mutex, kind));
    }

    /// <summary>The same if there's a usable mutex; null otherwise.</summary>
    /// <exception cref="ShmException">As <see cref="Try"/>, but for InvalidStructure.</exception>
    public (MutexKind Kind, int ThreadId)? TryLook()
    {
        using var lease = SyncAccess.Begin(mapping, offset, GlibcMutex.Size, GlibcMutex.Alignment, Need);
        var mutex = (GlibcMutex*)lease.Address;
        var kind = new MutexKind(Volatile.Read(ref mutex->Kind));
        SyncAccess.End(mapping, offset, GlibcMutex.Size, ShmProtection.Read);
        return kind.IsUsable ? (kind, GlibcMutex.HolderOf(mutex, kind)) : null;
    }

    /// <summary>"mutex at offset 64 of /name".</summary>
    public override string ToString() => $"mutex at offset {offset} of {mapping.Segment}";

    private static nint Marked(GlibcMutex* mutex, MutexKind kind) =>
        kind.IsRobust ? (nint)(&mutex->Next) | (kind.InheritsPriority ? 1 : 0) : 0;

    private void Note(HeldLocks mine, GlibcMutex* mutex, MutexKind kind, LockOutcome outcome)
    {
        mine.Add(mapping, offset, mutex, kind).IsInconsistent = outcome == LockOutcome.OwnerDied;
        ForgetIfLost(mine);
    }

    /// <summary>A lock taken in a lost page is visible to nobody else.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ForgetIfLost(HeldLocks mine)
    {
        if (SyncAccess.IsLost(mapping, offset, GlibcMutex.Size) && mine.Find(mapping, offset) is { } added)
        {
            mine.Unlink(added);
            mine.Forget(added);
        }
    }

    private static LockOutcome LockAgain(HeldLock held)
    {
        if (held.Kind.Type != MutexType.Recursive)
        {
            return LockOutcome.HeldAlready;
        }

        if (held.Depth == int.MaxValue)
        {
            return LockOutcome.TooDeep;
        }

        held.IsPlain = false;
        ((GlibcMutex*)held.Address)->Count = ++held.Depth;
        return LockOutcome.Locked;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private MutexKind KindOf(GlibcMutex* mutex)
    {
        var kind = new MutexKind(Volatile.Read(ref mutex->Kind));
        if (!kind.IsUsable)
        {
            SyncAccess.End(mapping, offset, GlibcMutex.Size, Need);
            throw NoMutex(MutexKind.WhatElse(*mutex));
        }

        GlibcLayout.Require(kind);
        return kind;
    }

    private ShmException NoMutex(string why) => new(
        ShmErrorId.InvalidStructure, $"Cannot use the {this}: {why}.", mapping);
}
