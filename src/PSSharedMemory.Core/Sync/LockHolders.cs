using System;
using System.Collections.Generic;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// All threads of this process that have locked a mutex; through them we find who holds what in a mapping.
/// </summary>
internal sealed class LockHolders : RangeHolds
{
    private readonly object _adding = new();
    private HeldLocks[] _all = [];

    private LockHolders()
    {
    }

    public static LockHolders Instance { get; } = new();

    /// <summary>Adds the calling thread, and forgets those that have ended.</summary>
    public void Add(HeldLocks mine)
    {
        List<ShmMapping> left = [];
        using (FirmLock.Enter(_adding))
        {
            var kept = new List<HeldLocks> { mine };
            foreach (var holder in _all)
            {
                // An id is only reused once its thread is gone. The kernel is asked only about those that seem to have
                // ended: asking about each would make thousands of threads wait for one another.
                if (holder.ThreadId != mine.ThreadId
                    && (!holder.Slot.MayHaveEnded || ThreadLife.Exists(holder.ThreadId, holder.StartedBy)))
                {
                    kept.Add(holder);
                }
                else
                {
                    Clear(holder, left);
                    holder.List.Free();
                }
            }

            Volatile.Write(ref _all, [.. kept]);
        }

        left.ForEach(static mapping => mapping.EndLostHold());
    }

    /// <inheritdoc/>
    public override (long Offset, int ThreadId)? Find(ShmMapping mapping, long offset, long length)
    {
        foreach (var holder in Volatile.Read(ref _all))
        {
            foreach (var held in holder.All)
            {
                if (held.Mapping == mapping && Overlaps(held, offset, length) && StillHolds(holder, held))
                {
                    return (held.Offset, holder.ThreadId);
                }
            }
        }

        return null;
    }

    private static bool Overlaps(HeldLock held, long offset, long length) =>
        held.Offset + GlibcMutex.Size > offset && (held.Offset <= offset || held.Offset - offset < length);

    /// <summary>
    /// Whether the thread's list leads into it. A live thread finds out for itself what it has lost, and until then the
    /// memory must stay. The locks of a dead thread are the kernel's to pass on.
    /// </summary>
    private static unsafe bool StillHolds(HeldLocks holder, HeldLock held)
    {
        if (holder.ThreadId == Libc.gettid())
        {
            return holder.StillHas(held);
        }

        var word = 0;
        var isRead = GuardedCopy.Read(held.Address, new Span<byte>(&word, sizeof(int))) == sizeof(int);
        var isHandedOn = isRead && held.Kind.HasThreadInWord && (word & Libc.FUTEX_TID_MASK) != holder.ThreadId;
        if (isHandedOn
            ? ThreadLife.Runs(holder.ThreadId, holder.StartedBy)
            : ThreadLife.Exists(holder.ThreadId, holder.StartedBy))
        {
            return true;
        }

        held.Mapping = null;
        return false;
    }

    private static void Clear(HeldLocks holder, List<ShmMapping> left)
    {
        foreach (var held in holder.All)
        {
            if (held.Mapping is { } mapping)
            {
                held.Mapping = null;
                left.Add(mapping);
            }
        }
    }
}
