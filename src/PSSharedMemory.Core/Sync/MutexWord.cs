using System.Runtime.CompilerServices;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>The outcome of one try to lock.</summary>
internal enum LockOutcome
{
    /// <summary>Locked.</summary>
    Locked,

    /// <summary>Locked; its last owner died holding it.</summary>
    OwnerDied,

    /// <summary>Somebody else has it.</summary>
    Busy,

    /// <summary>Abandoned: nobody can lock it any more.</summary>
    Unrecoverable,

    /// <summary>Busy, and the kernel cannot wait for it: try again soon.</summary>
    CannotSleep,

    /// <summary>Busy; its owner waits for something this thread holds.</summary>
    Deadlock,

    /// <summary>This thread holds it already.</summary>
    HeldAlready,

    /// <summary>This thread has locked it as many times as can be counted.</summary>
    TooDeep,
}

/// <summary>
/// Locks and unlocks a mutex's word as glibc does, so both share the same lock: one try, or one bounded sleep. Nothing
/// here depends on a peer's good behaviour, and nothing asserts.
/// </summary>
internal static unsafe class MutexWord
{
    // In the word of a plain mutex: locked, with possible sleepers.
    private const int PlainWithWaiters = 2;

    /// <summary>Tries once.</summary>
    /// <param name="mutex">The mutex.</param>
    /// <param name="kind">Its kind, as read and checked.</param>
    /// <param name="mine">The calling thread's locks.</param>
    /// <param name="waiters">0, or FUTEX_WAITERS once this thread has slept, since others may still sleep.</param>
    public static LockOutcome Try(GlibcMutex* mutex, MutexKind kind, HeldLocks mine, int waiters = 0) =>
        kind.InheritsPriority ? TryInheriting(mutex, kind, mine)
        : kind.IsRobust ? TryRobust(mutex, mine, waiters)
        : TryPlain(mutex, kind, mine, waiters);

    /// <summary>The same for a robust mutex without priority inheritance that looked free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LockOutcome TryFree(GlibcMutex* mutex, HeldLocks mine, int waiters)
    {
        if (Interlocked.CompareExchange(ref mutex->Word, mine.ThreadId | waiters, 0) != 0)
        {
            return LockOutcome.Busy;
        }

        if (mutex->Owner == GlibcMutex.Unrecoverable)
        {
            LeaveUnrecoverable(mutex, MutexKind.Robust, mine);
            return LockOutcome.Unrecoverable;
        }

        mutex->Count = 1;
        mutex->Owner = mine.ThreadId;
        mutex->Users++;
        return LockOutcome.Locked;
    }

    private static LockOutcome TryRobust(GlibcMutex* mutex, HeldLocks mine, int waiters)
    {
        var seen = Volatile.Read(ref mutex->Word);
        while (true)
        {
            var hasDied = (seen & Libc.FUTEX_OWNER_DIED) != 0;
            if (seen != 0 && !hasDied)
            {
                return LockOutcome.Busy;
            }

            var taken = mine.ThreadId | (seen & Libc.FUTEX_WAITERS) | waiters;
            var found = Interlocked.CompareExchange(ref mutex->Word, taken, seen);
            if (found == seen)
            {
                return hasDied ? TakenOver(mutex) : Taken(mutex, MutexKind.Robust, mine);
            }

            seen = found;
        }
    }

    /// <summary>
    /// Sleeps until it may be free or a timestamp is reached; one with priority inheritance may come back locked.
    /// </summary>
    public static LockOutcome Sleep(GlibcMutex* mutex, MutexKind kind, HeldLocks mine, long until) =>
        kind.InheritsPriority ? SleepInheriting(mutex, kind, mine, until)
        : kind.IsRobust ? SleepRobust(mutex, until)
        : SleepPlain(mutex, until);

    /// <summary>Unlocks it.</summary>
    /// <param name="mutex">The mutex, which this thread holds and has unlinked.</param>
    /// <param name="kind">Its kind when it was locked.</param>
    /// <param name="mine">The calling thread's locks.</param>
    /// <param name="owner">What the owner field is left with: 0, or "not recoverable".</param>
    /// <returns>Whether it was still this thread's.</returns>
    public static bool Release(GlibcMutex* mutex, MutexKind kind, HeldLocks mine, int owner)
    {
        mutex->Owner = owner;
        mutex->Users--;
        if (kind.InheritsPriority)
        {
            return ReleaseInheriting(mutex, mine);
        }

        var old = Interlocked.Exchange(ref mutex->Word, 0);
        if (kind.IsRobust ? (old & Libc.FUTEX_WAITERS) != 0 : old > 1)
        {
            // One, also where it was given up: who is woken finds that, and wakes the others.
            Wake(mutex, 1);
        }

        return true;
    }

    /// <summary>The same for a consistent robust mutex without priority inheritance; also clears its links.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReleaseRobust(GlibcMutex* mutex)
    {
        mutex->Next = 0;
        mutex->Previous = 0;
        mutex->Owner = 0;
        mutex->Users--;
        if ((Interlocked.Exchange(ref mutex->Word, 0) & Libc.FUTEX_WAITERS) != 0)
        {
            Wake(mutex, 1);
        }
    }

    /// <summary>
    /// Releases a lock inherited from a dead owner and leaves it that way for the next: what the kernel does when a
    /// thread dies.
    /// </summary>
    public static void ReleaseAsDied(GlibcMutex* mutex)
    {
        var old = Interlocked.Exchange(ref mutex->Word, Libc.FUTEX_OWNER_DIED | Libc.FUTEX_WAITERS);
        if ((old & Libc.FUTEX_WAITERS) != 0)
        {
            Wake(mutex, 1);
        }
    }

    private static LockOutcome SleepRobust(GlibcMutex* mutex, long until)
    {
        var seen = Volatile.Read(ref mutex->Word);
        if (seen == 0 || (seen & Libc.FUTEX_OWNER_DIED) != 0)
        {
            return LockOutcome.Busy;
        }

        var asleep = seen | Libc.FUTEX_WAITERS;
        if (seen == asleep || Interlocked.CompareExchange(ref mutex->Word, asleep, seen) == seen)
        {
            _ = Libc.futex_wait_bitset((nint)mutex, asleep, Libc.timespec.FromTimestamp(until));
        }

        return LockOutcome.Busy;
    }

    private static LockOutcome TryPlain(GlibcMutex* mutex, MutexKind kind, HeldLocks mine, int waiters) =>
        Interlocked.CompareExchange(ref mutex->Word, waiters == 0 ? 1 : PlainWithWaiters, 0) == 0
            ? Taken(mutex, kind, mine)
            : LockOutcome.Busy;

    private static LockOutcome SleepPlain(GlibcMutex* mutex, long until)
    {
        var seen = Volatile.Read(ref mutex->Word);
        if (seen != 0
            && (seen == PlainWithWaiters
                || Interlocked.CompareExchange(ref mutex->Word, PlainWithWaiters, seen) == seen))
        {
            _ = Libc.futex_wait_bitset((nint)mutex, PlainWithWaiters, Libc.timespec.FromTimestamp(until));
        }

        return LockOutcome.Busy;
    }

    private static LockOutcome TryInheriting(GlibcMutex* mutex, MutexKind kind, HeldLocks mine)
    {
        var seen = Interlocked.CompareExchange(ref mutex->Word, mine.ThreadId, 0);
        if (seen == 0)
        {
            return Taken(mutex, kind, mine);
        }

        return (seen & Libc.FUTEX_OWNER_DIED) != 0 && Libc.futex_trylock_pi((nint)mutex) >= 0
            ? TakenInheriting(mutex, kind, mine)
            : LockOutcome.Busy;
    }

    private static LockOutcome SleepInheriting(GlibcMutex* mutex, MutexKind kind, HeldLocks mine, long until)
    {
        var result = Libc.futex_lock_pi2((nint)mutex, Libc.timespec.FromTimestamp(until));
        if (result >= 0)
        {
            return TakenInheriting(mutex, kind, mine);
        }

        return (Errno)(-result) switch
        {
            Errno.ETIMEDOUT or Errno.EINTR => LockOutcome.Busy,

            // The kernel, which tracks who waits for whom, found it; or the word says this thread has it.
            Errno.EDEADLK => (Volatile.Read(ref mutex->Word) & Libc.FUTEX_TID_MASK) == mine.ThreadId
                ? LockOutcome.CannotSleep
                : LockOutcome.Deadlock,

            // No such thread, or none that can be waited for: the word isn't the kernel's, or is from another pid
            // namespace. Or the kernel lacks the call.
            _ => LockOutcome.CannotSleep,
        };
    }

    private static bool ReleaseInheriting(GlibcMutex* mutex, HeldLocks mine) =>
        Interlocked.CompareExchange(ref mutex->Word, 0, mine.ThreadId) == mine.ThreadId
        || Libc.futex_unlock_pi((nint)mutex) >= 0;

    private static LockOutcome TakenInheriting(GlibcMutex* mutex, MutexKind kind, HeldLocks mine)
    {
        if ((Volatile.Read(ref mutex->Word) & Libc.FUTEX_OWNER_DIED) == 0)
        {
            return Taken(mutex, kind, mine);
        }

        Interlocked.And(ref mutex->Word, ~Libc.FUTEX_OWNER_DIED);
        return TakenOver(mutex);
    }

    private static LockOutcome Taken(GlibcMutex* mutex, MutexKind kind, HeldLocks mine)
    {
        if (kind.IsRobust && mutex->Owner == GlibcMutex.Unrecoverable)
        {
            LeaveUnrecoverable(mutex, kind, mine);
            return LockOutcome.Unrecoverable;
        }

        mutex->Count = kind.HasThreadInWord || kind.Type == MutexType.Recursive ? 1 : mutex->Count;
        mutex->Owner = mine.ThreadId;
        mutex->Users++;
        return LockOutcome.Locked;
    }

    /// <summary>The user count isn't raised: the dead owner never lowered it.</summary>
    private static LockOutcome TakenOver(GlibcMutex* mutex)
    {
        mutex->Count = 1;
        mutex->Owner = GlibcMutex.Inconsistent;
        return LockOutcome.OwnerDied;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LeaveUnrecoverable(GlibcMutex* mutex, MutexKind kind, HeldLocks mine)
    {
        mutex->Count = 0;
        if (kind.InheritsPriority)
        {
            _ = ReleaseInheriting(mutex, mine);
        }
        else if ((Interlocked.Exchange(ref mutex->Word, 0) & Libc.FUTEX_WAITERS) != 0)
        {
            Wake(mutex, int.MaxValue);
        }
    }

    /// <summary>Never inlined: a call into the C library needs a frame that every lock would pay for.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Wake(GlibcMutex* mutex, int count) => _ = Libc.futex_wake((nint)mutex, count);
}
