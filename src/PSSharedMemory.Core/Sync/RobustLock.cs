using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// A lock inside a structure of this library: a pthread_mutex_t of glibc, process-shared, robust and normal, at an
/// offset. C programs lock the same. It belongs to the thread that locked it; if that thread is killed, the next one
/// gets it. Calls allocate nothing and keep no lease: the holder leases what the lock protects.
/// </summary>
internal sealed class RobustLock(ShmMapping mapping, long offset)
{
    // One sleep: short enough for Ctrl+C and for a dismount by another thread.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromMilliseconds(50);

    private readonly MutexPlace _place = new(mapping, offset);

    /// <summary>The thread that its bytes name as the holder; 0 for none.</summary>
    public int OwnerThreadId => _place.Look().ThreadId;

    /// <summary>Locks it if nobody holds it.</summary>
    /// <exception cref="ShmException">As <see cref="Lock"/>.</exception>
    public bool TryLock(out ShmLockResult result)
    {
        var waiters = 0;
        return IsLocked(_place.Try(0, ref waiters), out result);
    }

    /// <summary>Locks it; false when its time has passed.</summary>
    /// <param name="deadline">When it gives up.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <param name="result">
    /// OwnerDied: the last owner died holding it. Repair what it protects; <see cref="Unlock"/> then marks it
    /// consistent.
    /// </param>
    /// <exception cref="ShmException">
    /// NotRecoverable, InvalidStructure, NativeCallFailed with EDEADLK (this thread holds it already), and what
    /// <see cref="MutexPlace.Try"/> throws.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public bool Lock(in Deadline deadline, CancellationToken cancellation, out ShmLockResult result)
    {
        var waiters = 0;
        while (!IsLocked(
            _place.Try(deadline.HasPassed ? 0 : deadline.EndOfSlice(LongestSleep), ref waiters), out result))
        {
            cancellation.ThrowIfCancellationRequested();
            if (deadline.HasPassed)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Unlocks it; what it protects is consistent.</summary>
    /// <exception cref="ShmException">AccessDenied: this thread does not hold it.</exception>
    public void Unlock() => _place.Unlock(Unlocking.Whole);

    private bool IsLocked(LockOutcome outcome, out ShmLockResult result)
    {
        result = outcome == LockOutcome.OwnerDied ? ShmLockResult.OwnerDied : ShmLockResult.Locked;
        return outcome is LockOutcome.Locked or LockOutcome.OwnerDied
            || (outcome is LockOutcome.Busy or LockOutcome.CannotSleep
                ? false
                : throw MutexErrors.From(outcome, _place.ToString(), mapping));
    }
}
