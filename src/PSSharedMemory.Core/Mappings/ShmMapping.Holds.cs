namespace PSSharedMemory;

/// <summary>What keeps pages where they are for longer than a lease.</summary>
public sealed partial class ShmMapping
{
    private readonly HeldPlaces _held = new();

    /// <summary>
    /// Detaches it, as <see cref="Dispose"/> does, but refuses while a thread of this process holds a lock in it.
    /// </summary>
    /// <exception cref="ShmException">MappingDismounted, SegmentInUse.</exception>
    public void Dismount()
    {
        CheckMounted();
        Change(() => ThrowIfHeld("dismount", 0, MappedLength));
        Dispose();
    }

    /// <summary>
    /// Notes that a thread is linked to a place. The memory stays until <see cref="EndHold"/>, whatever becomes of
    /// this object. Called within a lease.
    /// </summary>
    internal void Hold(long offset, int length, int threadId, HoldTest test)
    {
        if (_held.Add(offset, length, threadId, test))
        {
            var isAdded = false;
            _handle.DangerousAddRef(ref isAdded);
        }
    }

    /// <summary>The thread is linked to the place no longer. Called within a lease.</summary>
    internal void EndHold(long offset)
    {
        if (_held.Remove(offset))
        {
            _handle.DangerousRelease();
        }
    }

    /// <summary>A lease of a place that may be held: then it is there even after the mapping was dismounted.</summary>
    internal MappingLease LeaseHeld(long offset, int length, ShmProtection need)
    {
        if (IsMounted || !_held.Contains(offset))
        {
            return Lease(offset, length, need);
        }

        _lock.EnterReadLock();
        return new MappingLease(this, Address + (nint)offset);
    }

    /// <summary>A thread that ended has taken its links with it.</summary>
    private void ForgetEndedHolds()
    {
        if (_held.RemoveEnded(Address))
        {
            _handle.DangerousRelease();
        }
    }

    /// <exception cref="ShmException">SegmentInUse.</exception>
    private void ThrowIfHeld(string verb, long offset, long length)
    {
        if (_held.Find(offset, length, Address) is { } place)
        {
            throw new ShmException(
                ShmErrorId.SegmentInUse,
                $"Cannot {verb} {this}: thread {place.ThreadId} of this process holds the mutex at offset {place.Offset}. Unlock it first.",
                this);
        }
    }
}
