using System.Runtime.CompilerServices;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>How a mutex is unlocked.</summary>
internal enum Unlocking
{
    /// <summary>What it protects is consistent.</summary>
    Whole,

    /// <summary>Nobody shall lock it again.</summary>
    GivenUp,

    /// <summary>Still inconsistent after an owner's death: the next locker is told too.</summary>
    Unrepaired,
}

/// <content>Unlocking.</content>
internal readonly unsafe partial struct MutexPlace
{
    /// <summary>Unlocks it.</summary>
    /// <exception cref="ShmException">
    /// AccessDenied: this thread does not hold it; NotSupportedByKind: one that is not robust cannot be given up; and
    /// as <see cref="Try"/>.
    /// </exception>
    public void Unlock(Unlocking how)
    {
        var mine = HeldLocks.Mine;
        var (memory, start) = (mapping, offset);
        var mutex = (GlibcMutex*)(memory.Start + (nint)start);
        if (how != Unlocking.Whole || mine.FindOnly(memory, start, mutex) is not { } only || memory.HasLost)
        {
            UnlockFully(mine, how);
            return;
        }

        // No lease needed: a recorded lock stays where it is, and nothing is touched once the record is gone.
        mine.List.SetPending((nint)(&mutex->Next));
        mine.UnlinkOnly();
        MutexWord.ReleaseRobust(mutex);
        mine.List.SetPending(0);
        mine.ForgetOnly(only);
        memory.EndHold();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void UnlockFully(HeldLocks mine, Unlocking how)
    {
        mine.Repair();
        if (mine.Find(mapping, offset) is not { } held)
        {
            throw NotHeld(mine.ThreadId);
        }

        var holder = held.Mapping!;
        using var lease = SyncAccess.BeginHeld(holder, held.Address, held.Offset, GlibcMutex.Size, Need);
        var mutex = (GlibcMutex*)held.Address;
        if (how == Unlocking.GivenUp && !held.Kind.IsRobust)
        {
            throw CannotGiveUp();
        }

        if (held.Depth > 1 && how != Unlocking.GivenUp)
        {
            mutex->Count = --held.Depth;
            return;
        }

        var isIntact = End(mutex, held, mine, how);
        holder.EndHold();
        if (!isIntact)
        {
            throw NoMutex("another process wrote over it while this thread held it");
        }
    }

    private static bool End(GlibcMutex* mutex, HeldLock held, HeldLocks mine, Unlocking how)
    {
        var (kind, isUnrepaired) = (held.Kind, held.IsInconsistent && how == Unlocking.Unrepaired);
        var isIntact = true;
        mine.List.SetPending(Marked(mutex, kind));
        mine.Unlink(held);
        mutex->Next = 0;
        mutex->Previous = 0;
        if (isUnrepaired && kind is { IsRobust: true, InheritsPriority: false })
        {
            MutexWord.ReleaseAsDied(mutex);
        }
        else
        {
            isIntact = MutexWord.Release(mutex, kind, mine, how == Unlocking.GivenUp ? GlibcMutex.Unrecoverable : 0);
        }

        mine.List.SetPending(0);
        mine.Forget(held);
        return isIntact;
    }

    private ShmException NotHeld(int threadId)
    {
        var (_, holder) = Look();
        return holder == threadId
            ? NoMutex("its bytes say that this thread locked it, but it didn't")
            : NativeError.From(
                ShmErrorId.AccessDenied,
                "futex",
                (int)Errno.EPERM,
                $"unlock the {this}",
                holder == 0 ? "nobody holds it" : $"{ThreadOwner.Describe(holder)} holds it, not this thread",
                "Only the thread that locked it can unlock it.",
                mapping);
    }

    private ShmException CannotGiveUp() => new(
        ShmErrorId.NotSupportedByKind,
        $"Cannot give up the {this}: it isn't robust, so it has no such state. Unlock it.",
        mapping);
}
