using System;
using System.Runtime.CompilerServices;
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

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);

    private readonly RobustLock _lock = new(mapping, offset);

    /// <summary>Takes it if nobody has it, for use within a lease of the segment; no more than a few stores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public QuickHold TryHold(nint segment)
    {
        GlibcLayout.Require();
        var hold = mapping.IsCopiedByKernel ? default : QuickHold.Try(segment + offset);
        if (hold.IsHeld)
        {
            Volatile.Write(ref *(long*)(segment + since), Environment.TickCount64);
        }

        return hold;
    }

    /// <summary>Takes it; whether its last owner died with it.</summary>
    /// <param name="timeout">Null waits forever.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <param name="waiting">Called every 50 ms of a wait; what it throws ends that.</param>
    /// <exception cref="ShmException">
    /// WaitTimeout: somebody holds it, and does not go on; and as <see cref="RobustLock.Lock"/>.
    /// </exception>
    public bool Enter(TimeSpan? timeout, Action? waiting, CancellationToken cancellation)
    {
        if (!_lock.TryLock(out var result))
        {
            result = Wait(timeout is { } time && time < ShortestWait ? ShortestWait : timeout, waiting, cancellation);
        }

        try
        {
            using var lease = mapping.Lease(since, sizeof(long), ShmProtection.Write);
            Volatile.Write(ref *(long*)lease.Address, Environment.TickCount64);
        }
        catch
        {
            // Another thread may dismount or protect it at this moment; nobody else would let go of the lock.
            _lock.Unlock();
            throw;
        }

        return result == ShmLockResult.OwnerDied;
    }

    /// <summary>Releases it.</summary>
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
            thread, ThreadOwner.Find(thread)?.ProcessId,
            TimeSpan.FromMilliseconds(Math.Max(0, Environment.TickCount64 - taken)));
    }

    private ShmLockResult Wait(TimeSpan? timeout, Action? waiting, CancellationToken cancellation)
    {
        var deadline = new Deadline(timeout);
        while (true)
        {
            var slice = new Deadline(waiting is null ? timeout : deadline.Slice(Slice));
            if (_lock.Lock(slice, cancellation, out var result))
            {
                return result;
            }

            if (deadline.HasPassed)
            {
                throw TimedOut(timeout!.Value);
            }

            waiting?.Invoke();
        }
    }

    private ShmException TimedOut(TimeSpan timeout) => new(
        ShmErrorId.WaitTimeout,
        $"Timed out after {Deadline.Seconds(timeout)} waiting for a lock of {mapping.Segment}: "
            + $"{ThreadOwner.Describe(_lock.OwnerThreadId)} holds it. A process that was stopped (SIGSTOP) keeps it "
            + "until it continues (kill -CONT) or dies.",
        mapping.Segment);
}
