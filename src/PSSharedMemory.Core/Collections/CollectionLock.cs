using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// The lock of one side of a collection: pthread's, process-shared and robust. What it protects needs no repair when
/// its owner has died, so it is whole again at the next unlocking.
/// </summary>
internal sealed unsafe class CollectionLock(ShmMapping mapping, int offset, int since)
{
    // Nobody holds it for longer than it takes to copy a message, unless the owner was stopped: a wait for something
    // else that must not last is not ended by it at once.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(100);

    private readonly RobustLock _lock = new(mapping, offset);

    /// <summary>Takes it; whether its last owner died with it.</summary>
    /// <exception cref="ShmException">WaitTimeout: somebody holds it, and does not go on; and as <see cref="RobustLock.Lock"/>.</exception>
    public bool Enter(TimeSpan? timeout, CancellationToken cancellation)
    {
        if (!_lock.TryLock(out var result))
        {
            result = Wait(timeout is { } time && time < ShortestWait ? ShortestWait : timeout, cancellation);
        }

        using var lease = mapping.Lease(since, sizeof(long), ShmProtection.Write);
        Volatile.Write(ref *(long*)lease.Address, Environment.TickCount64);
        return result == ShmLockResult.OwnerDied;
    }

    /// <summary>Lets go of it.</summary>
    public void Exit() => _lock.Unlock();

    /// <summary>Who holds it now and for how long; null for nobody.</summary>
    public ShmLockHolder? Holder()
    {
        var thread = _lock.OwnerThreadId;
        if (thread == 0)
        {
            return null;
        }

        using var lease = mapping.Lease(since, sizeof(long), ShmProtection.Read);
        var taken = Volatile.Read(ref *(long*)lease.Address);
        return new ShmLockHolder(
            thread, ThreadOwner.Find(thread)?.ProcessId, TimeSpan.FromMilliseconds(Math.Max(0, Environment.TickCount64 - taken)));
    }

    private ShmLockResult Wait(TimeSpan? timeout, CancellationToken cancellation) =>
        _lock.Lock(new Deadline(timeout), cancellation, out var result) ? result : throw new ShmException(
            ShmErrorId.WaitTimeout,
            $"Timed out after {timeout!.Value.TotalSeconds:0.###} s waiting for a lock of {mapping.Segment}: {ThreadOwner.Describe(_lock.OwnerThreadId)} holds it. A process that was stopped (SIGSTOP) keeps it until it goes on (kill -CONT) or dies.",
            mapping.Segment);
}
