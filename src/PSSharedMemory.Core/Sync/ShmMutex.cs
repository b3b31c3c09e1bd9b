using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A pthread_mutex_t in a mapping, process-shared and robust (pthread_mutexattr_setrobust(3)): a C program and a
/// script lock the same lock, and one that is killed while it holds it blocks nobody. It belongs to the thread that
/// locked it. This object is a handle without state: any number may stand for one mutex.
/// </summary>
/// <remarks>
/// A mapping cannot be dismounted while a thread of this process holds a mutex in it. On a mapping that is guarded
/// the memory is looked at before each call of the C library; a peer that truncates the object between that look and
/// the call ends this process, and has ended the lock for everybody anyway. Memory that cannot shrink has no such
/// window.
/// </remarks>
public sealed class ShmMutex
{
    private const ShmProtection Need = ShmProtection.Read | ShmProtection.Write;

    // One sleep: short enough for Ctrl+C and for a dismount by another thread.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMilliseconds(50);

    // Where the C library has no wait by a steady clock, the lock is tried at this pace.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(5);

    private static readonly HoldTest IsHeldBy = PthreadMutex.IsHeldBy;

    /// <summary>A handle for the mutex at an offset; whether one is there is seen when it is used.</summary>
    public ShmMutex(ShmMapping mapping, long offset)
    {
        Mapping = mapping;
        Offset = offset;
    }

    private enum Ending
    {
        Consistent,
        Abandoned,
        AsFound,
    }

    /// <summary>Bytes of a pthread_mutex_t on this host.</summary>
    public static int Size => PthreadMutex.Size;

    /// <summary>The mapping that it lies in.</summary>
    public ShmMapping Mapping { get; }

    /// <summary>Bytes from the start of the mapping.</summary>
    public long Offset { get; }

    /// <summary>The id (gettid(2)) of the thread that holds it, or null.</summary>
    /// <exception cref="ShmException">InvalidStructure, and as for <see cref="Lock"/>.</exception>
    public int? OwnerThreadId
    {
        get
        {
            using var lease = Begin();
            return PthreadMutex.HolderOf(lease.Address) is var holder and not 0 ? holder : null;
        }
    }

    /// <summary>Makes a mutex of <see cref="Size"/> bytes, unlocked.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from its start; a multiple of 8.</param>
    /// <param name="priorityInherit">Whether its owner gets the priority of those who wait (PTHREAD_PRIO_INHERIT).</param>
    /// <exception cref="ShmException">
    /// SegmentInUse: a mutex is there, and somebody holds it; PlatformNotSupported, MappingDismounted, OutOfRange,
    /// InvalidOffset, PageNotMapped, PageProtected, SegmentTruncated, NoSpace.
    /// </exception>
    public static ShmMutex Create(ShmMapping mapping, long offset, bool priorityInherit = false)
    {
        CheckPlatform();
        using var lease = SyncAccess.Begin(
            mapping, offset, PthreadMutex.Size, PthreadMutex.Alignment, ShmProtection.Read | ShmProtection.Write);
        if (PthreadMutex.IsUsable(lease.Address) && PthreadMutex.HolderOf(lease.Address) is var holder and not 0)
        {
            throw new ShmException(
                ShmErrorId.SegmentInUse,
                $"Cannot make a mutex at offset {offset} of {mapping}: one is there already, and thread {holder} holds it. Wait until it is unlocked, or choose another offset.",
                mapping);
        }

        var result = Libc.pthread_mutex_init(lease.Address, priorityInherit);
        return result == 0 ? new ShmMutex(mapping, offset) : throw NativeError.From(
            nameof(Libc.pthread_mutex_init), -result, $"make a mutex at offset {offset} of {mapping}", mapping);
    }

    /// <summary>Locks it for the calling thread.</summary>
    /// <param name="timeout">Null waits without end; 0 tries once.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <exception cref="ShmException">
    /// WaitTimeout, NotRecoverable, InvalidStructure (no mutex, or not a robust one of processes), NativeCallFailed
    /// with EDEADLK (this thread holds it already), PlatformNotSupported, MappingDismounted, OutOfRange,
    /// InvalidOffset, PageNotMapped, PageProtected, SegmentTruncated, NoSpace.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ShmLockResult Lock(TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var result = Try();
        return result == -(int)Errno.EBUSY ? Wait(timeout, cancellation) : ToResult(nameof(Libc.pthread_mutex_trylock), result);
    }

    /// <summary>
    /// Unlocks it. Where the last owner had ended with it, this says that what it protects is whole again
    /// (pthread_mutex_consistent(3)).
    /// </summary>
    /// <exception cref="ShmException">AccessDenied: this thread does not hold it; and as for <see cref="Lock"/>.</exception>
    public void Unlock() => End(Ending.Consistent);

    /// <summary>
    /// Unlocks it and gives it up for all: nobody can lock it any more, and each who tries gets NotRecoverable. For
    /// when what it protects cannot be repaired.
    /// </summary>
    /// <exception cref="ShmException">AccessDenied: this thread does not hold it; and as for <see cref="Lock"/>.</exception>
    public void Abandon() => End(Ending.Abandoned);

    /// <summary>
    /// After <see cref="ShmLockResult.OwnerDied"/>: lets go of it unrepaired, so that the next to lock it gets
    /// OwnerDied as well. A mutex that inherits priority cannot be left so: it is unlocked as by <see cref="Unlock"/>.
    /// </summary>
    /// <exception cref="ShmException">AccessDenied: this thread does not hold it; and as for <see cref="Lock"/>.</exception>
    public void GiveBack() => End(Ending.AsFound);

    /// <summary>Whether the calling thread holds it.</summary>
    /// <exception cref="ShmException">As for <see cref="Lock"/>.</exception>
    public bool IsHeld()
    {
        var mine = RobustLinks.Mine;
        using var lease = BeginHeld(mine);
        return PthreadMutex.HolderOf(lease.Address) == mine.ThreadId;
    }

    /// <summary>"mutex at 64 of /name at 0x7f…".</summary>
    public override string ToString() => $"mutex at offset {Offset} of {Mapping}";

    private static void CheckPlatform()
    {
        if (!Libc.IsGnu)
        {
            throw PthreadMutex.NotSupported();
        }
    }

    private int Try()
    {
        var mine = RobustLinks.Mine;
        using var lease = Begin(mine);
        var result = Libc.pthread_mutex_trylock(lease.Address);
        if (result == -(int)Errno.ENOTRECOVERABLE)
        {
            PthreadMutex.LeaveUnrecoverable(lease.Address);
        }

        return Noted(mine, lease.Address, result);
    }

    private ShmLockResult Wait(TimeSpan? timeout, CancellationToken cancellation)
    {
        var deadline = new Deadline(timeout);
        var canSleep = true;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (deadline.HasPassed)
            {
                throw new ShmException(
                    ShmErrorId.WaitTimeout, $"Timed out after {timeout!.Value.TotalSeconds:0.###} s waiting for the {this}{Holder()}.", this);
            }

            var result = canSleep ? Sleep(deadline.Slice(LongestSleep)) : Try();
            switch ((Errno)(-result))
            {
                case Errno.ETIMEDOUT:
                    break;
                case Errno.ENOSYS:
                    canSleep = false;
                    break;
                case Errno.EBUSY:
                    cancellation.WaitHandle.WaitOne(deadline.Slice(LongestPause));
                    break;
                default:
                    return ToResult(nameof(Libc.pthread_mutex_clocklock), result);
            }
        }
    }

    private int Sleep(TimeSpan time)
    {
        var mine = RobustLinks.Mine;
        using var lease = Begin(mine);
        return PthreadMutex.HolderOf(lease.Address) == mine.ThreadId
            ? -(int)Errno.EDEADLK
            : Noted(mine, lease.Address, Libc.pthread_mutex_clocklock(lease.Address, time));
    }

    /// <summary>Within the lease under which it was locked, the mapping is told that it is.</summary>
    private int Noted(RobustLinks mine, nint mutex, int result)
    {
        if (result is 0 or -(int)Errno.EOWNERDEAD)
        {
            mine.Add(Mapping, Offset, mutex);
            Mapping.Hold(Offset, PthreadMutex.Size, mine.ThreadId, IsHeldBy);
        }

        return result;
    }

    private ShmLockResult ToResult(string function, int result) => result switch
    {
        0 => ShmLockResult.Locked,
        -(int)Errno.EOWNERDEAD => ShmLockResult.OwnerDied,
        _ => throw Failed("lock", function, result),
    };

    private void End(Ending ending)
    {
        var mine = RobustLinks.Mine;
        using var lease = BeginHeld(mine);
        var mutex = lease.Address;
        if (PthreadMutex.HolderOf(mutex) != mine.ThreadId)
        {
            throw NotHeld(mutex);
        }

        var linked = mine.Find(mutex);
        if (linked == 0)
        {
            throw NoMutex("its bytes say that this thread locked it, which it did not");
        }

        var isInconsistent = PthreadMutex.IsInconsistent(mutex);
        if (isInconsistent || ending == Ending.Abandoned)
        {
            if (ending == Ending.AsFound && !PthreadMutex.InheritsPriority(mutex))
            {
                PthreadMutex.GiveBackAsFound(mutex);
                mine.Remove(linked);
                Mapping.EndHold(Offset, mine.ThreadId);
                return;
            }

            Settle(mutex, ending);
        }

        var isNested = PthreadMutex.IsNested(mutex);
        Check(nameof(Libc.pthread_mutex_unlock), Libc.pthread_mutex_unlock(mutex));
        if (!isNested)
        {
            mine.Remove(linked);
            Mapping.EndHold(Offset, mine.ThreadId);
        }
    }

    /// <summary>Says before the unlocking what it is to mean.</summary>
    private void Settle(nint mutex, Ending ending)
    {
        if (ending == Ending.Abandoned)
        {
            PthreadMutex.MarkInconsistent(mutex);
        }
        else
        {
            Check(nameof(Libc.pthread_mutex_consistent), Libc.pthread_mutex_consistent(mutex));
        }
    }

    private ShmException NotHeld(nint mutex) => NativeError.From(
        nameof(Libc.pthread_mutex_unlock), (int)Errno.EPERM, $"unlock the {this}{Holder(mutex)}", this);

    private void Check(string function, int result)
    {
        if (result != 0)
        {
            throw Failed("unlock", function, result);
        }
    }

    private ShmException Failed(string verb, string function, int result) =>
        NativeError.From(function, -result, $"{verb} the {this}", this);

    /// <summary>A lease of the bytes, which are a mutex.</summary>
    private MappingLease Begin() => Begin(RobustLinks.Mine);

    private MappingLease Begin(RobustLinks mine)
    {
        CheckPlatform();
        mine.Mend();
        var lease = SyncAccess.Begin(Mapping, Offset, PthreadMutex.Size, PthreadMutex.Alignment, Need);
        CheckKind(lease);
        return lease;
    }

    /// <summary>The same for one that this thread may hold, in a mapping that may have been dismounted since.</summary>
    private MappingLease BeginHeld(RobustLinks mine)
    {
        CheckPlatform();
        mine.Mend();
        var lease = SyncAccess.BeginHeld(Mapping, Offset, PthreadMutex.Size, PthreadMutex.Alignment, Need, mine.ThreadId);
        CheckKind(lease);
        return lease;
    }

    private void CheckKind(MappingLease lease)
    {
        if (!PthreadMutex.IsUsable(lease.Address))
        {
            var error = NoMutex(PthreadMutex.WhatElse(lease.Address));
            lease.Dispose();
            throw error;
        }
    }

    private ShmException NoMutex(string why) => new(
        ShmErrorId.InvalidStructure, $"No usable mutex at offset {Offset} of {Mapping}: {why}.", this);

    private string Holder()
    {
        using var lease = Begin();
        return Holder(lease.Address);
    }

    private static string Holder(nint mutex) => PthreadMutex.HolderOf(mutex) is var thread and not 0
        ? $", which thread {thread} holds"
        : ", which nobody holds";
}
