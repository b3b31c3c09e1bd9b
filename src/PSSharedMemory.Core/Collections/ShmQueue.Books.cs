using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <summary>What there is to see of a queue. No look takes a lock or wakes anybody.</summary>
public sealed partial class ShmQueue
{
    private const int MostRestarts = 100;

    /// <summary>Messages that are in it, claimed ones included. They are counted one by one.</summary>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmReader"/>.</exception>
    public long Count
    {
        get
        {
            using var lease = Begin(out var ring);
            var count = CountFrom(ring);
            ring.ThrowIfLost();
            return count;
        }
    }

    /// <summary>Bytes of the ring that are in use: 8 for each message, the message, and what aligns it.</summary>
    /// <exception cref="ShmException">InvalidStructure; and as <see cref="ShmReader"/>.</exception>
    public long BytesUsed
    {
        get
        {
            using var lease = Begin(out var ring);
            var head = Volatile.Read(ref ring.Head);
            var used = (long)ring.Used(head, Volatile.Read(ref ring.Tail));
            ring.ThrowIfLost();
            return used;
        }
    }

    /// <summary>How many threads sleep until there is a message, as the kernel has them.</summary>
    public int WaitingReceivers => _putSignal.Sleepers;

    /// <summary>How many threads sleep until there is room, as the kernel has them.</summary>
    public int WaitingSenders => _getSignal.Sleepers;

    /// <summary>Who is putting something in at this instant; null for nobody.</summary>
    public ShmLockHolder? PutLock => _putLock.Holder();

    /// <summary>Who is taking something out at this instant; null for nobody.</summary>
    public ShmLockHolder? GetLock => _getLock.Holder();

    /// <summary>The processes that have claims, one entry for each claim.</summary>
    public IReadOnlyList<int> ClaimProcessIds
    {
        get
        {
            using var lease = Begin(out var ring);
            var found = new List<int>();
            for (var number = 0; number < QueueLayout.ClaimCount; number++)
            {
                if (ring.ClaimAt(number).ProcessId is var id and not 0)
                {
                    found.Add(id);
                }
            }

            ring.ThrowIfLost();
            return found;
        }
    }

    /// <summary>
    /// From record to record, while others put and get. A record that the head has passed meanwhile may be another by
    /// now: then it goes on from the head.
    /// </summary>
    private static long CountFrom(QueueRing ring)
    {
        var restarts = 0;
        var head = Volatile.Read(ref ring.Head);
        var tail = Volatile.Read(ref ring.Tail);
        ring.Used(head, tail);
        long count = 0;
        for (var position = head; position < tail;)
        {
            var isSound = ring.TryRecordAt(position, tail, out var record);
            var counts = isSound && !record.IsDone;
            Interlocked.MemoryBarrier();
            var now = Volatile.Read(ref ring.Head);
            if (now <= position)
            {
                position = isSound ? record.End : throw ring.Damaged(
                    $"the record at {position} reaches beyond its end at {tail}, or beyond the ring");
                count += counts ? 1 : 0;
                continue;
            }

            if (++restarts > MostRestarts)
            {
                // They take faster than this thread counts: what is left is next to nothing.
                return count;
            }

            (position, count, tail) = (now, 0, Volatile.Read(ref ring.Tail));
            ring.Used(now, tail);
        }

        return count;
    }
}
