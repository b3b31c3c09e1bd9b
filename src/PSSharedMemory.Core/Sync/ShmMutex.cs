using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// A pthread_mutex_t of glibc in a mapping, process-shared: a C program and a script lock the same lock. Those made
/// here are robust (pthread_mutexattr_setrobust(3)): a killed owner blocks nobody. It belongs to the thread that locked
/// it. This object is a handle without state: any number may stand for one mutex.
/// </summary>
/// <remarks>
/// It never calls the C library, which would trust bytes that a peer can write. A mapping cannot be dismounted
/// while a thread of this process holds a mutex in it.
/// </remarks>
public sealed class ShmMutex : IShmMapped
{
    // One sleep: short enough for Ctrl+C and for a dismount by another thread.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMilliseconds(50);

    // How often the lock is tried when the kernel cannot wait for it.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly MutexPlace _place;

    /// <summary>A handle for the mutex at an offset; whether there is one shows on first use.</summary>
    public ShmMutex(ShmMapping mapping, long offset)
    {
        Mapping = mapping;
        Offset = offset;
        _place = new MutexPlace(mapping, offset);
    }

    /// <summary>Bytes of a pthread_mutex_t on this host.</summary>
    public static int Size => GlibcMutex.Size;

    /// <summary>The mapping that it lies in.</summary>
    internal ShmMapping Mapping { get; }

    ShmMapping IShmMapped.GetMapping() => Mapping;

    /// <summary>The segment that it lies in.</summary>
    public ShmSegment Segment => Mapping.Segment;

    /// <summary>Bytes from the start of the mapping.</summary>
    public long Offset { get; }

    /// <summary>The id (gettid(2)) of the thread that holds it, or null.</summary>
    /// <exception cref="ShmException">InvalidStructure, and as for <see cref="Lock"/>.</exception>
    public int? OwnerThreadId => _place.Look().ThreadId is var holder and not 0 ? holder : null;

    /// <summary>
    /// Whether the kernel passes it on when its owner dies (PTHREAD_MUTEX_ROBUST). If not, nothing can free it then.
    /// </summary>
    /// <exception cref="ShmException">As for <see cref="OwnerThreadId"/>.</exception>
    public bool IsRobust => _place.Look().Kind.IsRobust;

    /// <summary>Makes a mutex of <see cref="Size"/> bytes, unlocked.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from its start; a multiple of 8.</param>
    /// <param name="priorityInherit">
    /// Whether its owner inherits the priority of its waiters (PTHREAD_PRIO_INHERIT).
    /// </param>
    /// <exception cref="ShmException">
    /// SegmentInUse: a mutex is there, and somebody holds it; PlatformNotSupported, MappingDismounted, OutOfRange,
    /// InvalidOffset, PageNotMapped, PageProtected, SegmentTruncated, NoSpace.
    /// </exception>
    public static ShmMutex Create(ShmMapping mapping, long offset, bool priorityInherit = false)
    {
        var place = new MutexPlace(mapping, offset);
        if (place.TryLook() is { ThreadId: not 0 } found)
        {
            throw new ShmException(
                ShmErrorId.SegmentInUse,
                $"Cannot make a mutex at offset {offset} of {mapping.Segment}: one is there, and "
                    + $"{ThreadOwner.Describe(found.ThreadId)} holds it. {WayOut(found.ThreadId)}",
                mapping);
        }

        place.Initialize(priorityInherit ? MutexKind.RobustErrorCheck.Inheriting() : MutexKind.RobustErrorCheck);
        return new ShmMutex(mapping, offset);
    }

    /// <summary>Locks it for the calling thread.</summary>
    /// <param name="timeout">Null waits forever; 0 tries once.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <exception cref="ShmException">
    /// WaitTimeout, NotRecoverable, InvalidStructure (no mutex, or not a robust one of processes), NativeCallFailed
    /// with EDEADLK (this thread holds it already), PlatformNotSupported, MappingDismounted, OutOfRange,
    /// InvalidOffset, PageNotMapped, PageProtected, SegmentTruncated, NoSpace.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ShmLockResult Lock(TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var waiters = 0;
        var outcome = _place.Try(0, ref waiters);
        return outcome is LockOutcome.Locked ? ShmLockResult.Locked
            : outcome is LockOutcome.Busy ? Wait(timeout, cancellation)
            : ToResult(outcome);
    }

    /// <summary>
    /// Unlocks it. If the previous owner had died, this also marks it consistent again (pthread_mutex_consistent(3)).
    /// </summary>
    /// <exception cref="ShmException">
    /// AccessDenied: this thread does not hold it; and as for <see cref="Lock"/>.
    /// </exception>
    public void Unlock() => _place.Unlock(Unlocking.Whole);

    /// <summary>
    /// Unlocks it and abandons it: from now on every attempt to lock it gets NotRecoverable. For when what it protects
    /// cannot be repaired.
    /// </summary>
    /// <exception cref="ShmException">
    /// AccessDenied: this thread does not hold it; and as for <see cref="Lock"/>.
    /// </exception>
    public void Abandon() => _place.Unlock(Unlocking.GivenUp);

    /// <summary>
    /// After <see cref="ShmLockResult.OwnerDied"/>: releases it unrepaired, so that the next locker gets OwnerDied too.
    /// A mutex with priority inheritance cannot be left that way: it's unlocked as by <see cref="Unlock"/>.
    /// </summary>
    /// <exception cref="ShmException">
    /// AccessDenied: this thread does not hold it; and as for <see cref="Lock"/>.
    /// </exception>
    public void GiveBack() => _place.Unlock(Unlocking.Unrepaired);

    /// <summary>Whether the calling thread holds it.</summary>
    /// <exception cref="ShmException">As for <see cref="Lock"/>.</exception>
    public bool IsHeld() => _place.IsHeld();

    /// <summary>"mutex at offset 64 of /name at 0x7f…".</summary>
    public override string ToString() => _place.ToString();

    private static string WayOut(int threadId) => !ProcessLife.Exists(threadId)
        ? $"If you know that it has ended, clear its {GlibcMutex.Size} bytes first."
        : "Wait until it is unlocked, or choose another offset.";

    private ShmLockResult Wait(TimeSpan? timeout, CancellationToken cancellation)
    {
        var deadline = new Deadline(timeout);
        var waiters = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var isLast = deadline.HasPassed;
            var outcome = _place.Try(isLast ? 0 : deadline.EndOfSlice(LongestSleep), ref waiters);
            if (!IsWorthWaiting(outcome, timeout))
            {
                return ToResult(outcome);
            }

            if (isLast)
            {
                throw TimedOut(timeout!.Value, outcome);
            }

            if (outcome != LockOutcome.Busy)
            {
                cancellation.WaitHandle.WaitOne(deadline.Slice(Pause));
            }
        }
    }

    /// <summary>A deadlock ends when one thread gives up; a thread without a timeout does.</summary>
    private static bool IsWorthWaiting(LockOutcome outcome, TimeSpan? timeout) =>
        outcome is LockOutcome.Busy or LockOutcome.CannotSleep
            || (outcome == LockOutcome.Deadlock && timeout is not null);

    private ShmLockResult ToResult(LockOutcome outcome) => outcome switch
    {
        LockOutcome.Locked => ShmLockResult.Locked,
        LockOutcome.OwnerDied => ShmLockResult.OwnerDied,
        _ => throw MutexErrors.From(outcome, ToString(), this),
    };

    private ShmException TimedOut(TimeSpan timeout, LockOutcome outcome)
    {
        var (kind, holder) = _place.Look();
        var who = holder == 0 ? "nobody holds it now" : $"{ThreadOwner.Describe(holder)} holds it";
        var more = outcome == LockOutcome.Deadlock
            ? " It waits for a mutex that this thread holds: lock both in the same order everywhere."
                : kind.IsRobust ? ""
                : " It isn't robust: if its owner ends, nobody repairs it.";
        return new ShmException(
            ShmErrorId.WaitTimeout,
            $"Timed out after {Deadline.Seconds(timeout)} waiting for the {this}: {who}.{more}", this);
    }
}
