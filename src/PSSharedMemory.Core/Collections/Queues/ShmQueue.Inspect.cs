using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <content>Inspecting a queue. Nothing here takes a lock or wakes anybody.</content>
public sealed partial class ShmQueue
{
    private const int MostRestarts = 100;

    /// <summary>Messages in it, including claimed ones. They are counted one by one.</summary>
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

    /// <summary>Bytes of the ring in use: each message, 8 bytes more, and alignment.</summary>
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

    /// <summary>How many threads sleep until there is a message, according to the kernel.</summary>
    public int WaitingReceivers => _putSignal.Sleepers;

    /// <summary>How many threads sleep until there is room, according to the kernel.</summary>
    public int WaitingSenders => _getSignal.Sleepers;

    /// <summary>Who is putting a message in right now; null for nobody.</summary>
    public ShmLockHolder? PutLock => _putLock.Holder();

    /// <summary>Who is taking a message out right now; null for nobody.</summary>
    public ShmLockHolder? GetLock => _getLock.Holder();

    /// <summary>The processes with claims, one entry per claim.</summary>
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
    /// Walks the records while others put and get. If the head has passed a record, it may be another by now: then the
    /// walk continues at the head.
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
                // Others take faster than this thread counts: next to nothing is left.
                return count;
            }

            (position, count, tail) = (now, 0, Volatile.Read(ref ring.Tail));
            ring.Used(now, tail);
        }

        return count;
    }
}
