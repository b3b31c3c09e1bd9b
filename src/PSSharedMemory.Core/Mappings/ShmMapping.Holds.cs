using System.Runtime.CompilerServices;
using System.Threading;

namespace PSSharedMemory;

/// <summary>What keeps pages where they are for longer than a lease.</summary>
public sealed partial class ShmMapping
{
    private HeldPlaces? _held;
    private HoldPin? _pin;

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
    /// this object. Called within a lease, by the thread.
    /// </summary>
    internal void Hold(long offset, int length, int threadId, HoldTest test)
    {
        (_held ?? BeginHolding(test)).Add(offset, length, threadId);
    }

    /// <summary>The thread is linked to the place no longer. Called within a lease, by the thread.</summary>
    internal void EndHold(long offset, int threadId)
    {
        _held?.Remove(offset, threadId);
        if (_end is not null)
        {
            _pin?.ReleaseIfUnused();
        }
    }

    /// <summary>The same for a place whose memory may be gone. Called by the thread, within no lease.</summary>
    internal void EndLostHold(long offset, int threadId)
    {
        var slot = _lock.Enter();
        try
        {
            EndHold(offset, threadId);
        }
        finally
        {
            _lock.Exit(slot);
        }
    }

    /// <summary>A lease of a place that this thread may hold: then it is there even after the mapping was dismounted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MappingLease LeaseHeld(long offset, int length, ShmProtection need, int threadId)
    {
        var slot = _lock.Enter();
        return IsGranted(offset, length, need)
            ? new MappingLease(_lock, slot, Address + (nint)offset)
            : LeaseAfterEnd(offset, length, need, threadId, slot);
    }

    private MappingLease LeaseAfterEnd(long offset, int length, ShmProtection need, int threadId, MappingGate.ThreadSlot? slot) =>
        _end is not null && _held?.Contains(offset, threadId) == true
            ? new MappingLease(_lock, slot, Address + (nint)offset)
            : CheckedLease(offset, length, need, slot);

    /// <summary>Two threads may lock their first mutex here at once.</summary>
    private HeldPlaces BeginHolding(HoldTest test)
    {
        lock (_pages)
        {
            if (_held is null)
            {
                var held = new HeldPlaces(test);
                _pin = new HoldPin(_handle, held);
                Volatile.Write(ref _held, held);
            }

            return _held;
        }
    }

    /// <exception cref="ShmException">SegmentInUse.</exception>
    private void ThrowIfHeld(string verb, long offset, long length)
    {
        if (_held?.Find(offset, length, Address) is { } place)
        {
            throw new ShmException(
                ShmErrorId.SegmentInUse,
                $"Cannot {verb} {this}: thread {place.ThreadId} of this process holds the mutex at offset {place.Offset}. Unlock it first.",
                this);
        }
    }
}
