using System.Runtime.CompilerServices;
using System.Threading;

namespace PSSharedMemory;

/// <summary>What keeps pages where they are for longer than a lease.</summary>
public sealed partial class ShmMapping
{
    private RangeHolds? _holds;

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
    /// From now on those are asked before pages go. Called within a lease, before the first place is held: a place
    /// that is held keeps this object and its memory, also after <see cref="Dispose"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AskBeforeChange(RangeHolds holds)
    {
        if (_holds is null)
        {
            Volatile.Write(ref _holds, holds);
        }
    }

    /// <summary>A place is no longer held. Called within a lease.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EndHold()
    {
        if (_end is not null)
        {
            ReleaseIfUnheld();
        }
    }

    /// <summary>The same within no lease: for a place that was lost, or whose thread has ended.</summary>
    internal void EndLostHold()
    {
        var slot = _lock.Enter();
        try
        {
            EndHold();
        }
        finally
        {
            _lock.Exit(slot);
        }
    }

    /// <summary>A lease of a place that the calling thread holds: it is there even after the mapping was dismounted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MappingLease LeaseOfHeld(nint address) => new(_lock, _lock.Enter(), address);

    /// <summary>Lets the addresses go, unless a thread still holds something there: then its last unlocking does.</summary>
    private void ReleaseIfUnheld()
    {
        // Two threads that let go at once must not each see the other's hold.
        Interlocked.MemoryBarrier();
        if (FindHold(0, long.MaxValue) is null)
        {
            _handle.Dispose();
        }
    }

    private (long Offset, int ThreadId)? FindHold(long offset, long length) => _holds?.Find(this, offset, length);

    /// <exception cref="ShmException">SegmentInUse.</exception>
    private void ThrowIfHeld(string verb, long offset, long length)
    {
        if (FindHold(offset, length) is { } place)
        {
            throw new ShmException(
                ShmErrorId.SegmentInUse,
                $"Cannot {verb} {this}: thread {place.ThreadId} of this process holds the mutex at offset {place.Offset}. Unlock it first.",
                this);
        }
    }
}
