using System.Runtime.CompilerServices;
using System.Threading;

namespace PSSharedMemory;

/// <content>Places that threads of this process hold: they keep the memory, even after a dismount.</content>
public sealed partial class ShmMapping
{
    private RangeHolds? _holds;

    /// <summary>
    /// Registers who is asked before pages go. Called within a lease, before the first place is held: a held place
    /// keeps this object and its memory, even after <see cref="Dispose"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AskBeforeChange(RangeHolds holds)
    {
        if (_holds is null)
        {
            Volatile.Write(ref _holds, holds);
        }
    }

    /// <summary>A place is released. Within a lease.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EndHold()
    {
        if (_end is not null)
        {
            ReleaseIfUnheld();
        }
    }

    /// <summary>The same outside a lease: for a place that was lost, or whose thread has ended.</summary>
    internal void EndLostHold()
    {
        using var lease = LeaseOfHeld(0);
        EndHold();
    }

    /// <summary>A place within the range that a thread of this process holds; null for none.</summary>
    internal (long Offset, int ThreadId)? FindHold(long offset, long length) => _holds?.Find(this, offset, length);

    /// <exception cref="ShmException">SegmentInUse.</exception>
    internal void ThrowIfHeld(string verb, long offset, long length)
    {
        if (FindHold(offset, length) is { } place)
        {
            throw new ShmException(
                ShmErrorId.SegmentInUse,
                $"Cannot {verb} {this}: thread {place.ThreadId} of this process holds the mutex at offset "
                    + $"{place.Offset}. Unlock it first.",
                this);
        }
    }

    /// <summary>
    /// Releases the addresses, unless a thread still holds something there: then its last unlock does.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReleaseIfUnheld()
    {
        // Two threads that let go at once mustn't each see the other's hold. An unlocking thread drops its hold and
        // then checks whether the mapping has ended, without a barrier of its own.
        if (_holds is not null)
        {
            Interlocked.MemoryBarrierProcessWide();
        }

        if (FindHold(0, long.MaxValue) is null)
        {
            Handle.Dispose();
        }
    }
}
