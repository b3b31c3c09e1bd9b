using System;
using System.Threading;

namespace PSSharedMemory;

/// <content>Claiming messages while they are worked on.</content>
public sealed partial class ShmQueue
{
    // How often claims of dead processes are looked for.
    private const long LookMilliseconds = 50;

    private long _nextLook;

    /// <summary>
    /// Claims the next message and leaves it in the queue: nobody else gets it until <see cref="ShmClaim.Complete"/>
    /// removes it or <see cref="ShmClaim.Release"/> gives it back. If this process dies, another receiver gets it.
    /// </summary>
    /// <param name="timeout">Null waits forever; 0 checks once.</param>
    /// <param name="lease">How long the claim lasts at most; null for as long as this process lives.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <exception cref="ShmException">WaitTimeout, InvalidStructure; and as <see cref="ShmMutex.Lock"/>.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ShmClaim Claim(TimeSpan? timeout = null, TimeSpan? lease = null, CancellationToken cancellation = default)
    {
        var take = new Taking
        {
            Grows = true,
            Claims = true,
            LeaseMilliseconds = lease is { } time ? (long)Math.Clamp(time.TotalMilliseconds, 1, long.MaxValue / 4) : 0,
        };
        Wait(ref take, [], timeout, cancellation);
        return take.Claim!;
    }

    /// <summary>Ends a claim; returns whether it was still this process's.</summary>
    internal bool Settle(ShmClaim claim, bool isDone, CancellationToken cancellation)
    {
        var hasDied = _getLock.Enter(null, null, cancellation);
        var isHeld = true;
        try
        {
            using var lease = Begin(out var ring);
            var head = ring.Head;
            var tail = Volatile.Read(ref ring.Tail);
            ring.Used(head, tail);
            if (hasDied)
            {
                ring.LookAgainFromHead();
            }

            var isMine = SettleLocked(claim, isDone, ring, head, tail);
            ring.ThrowIfLost();
            isHeld = false;
            _getLock.Exit();
            if (isMine && isDone && Volatile.Read(ref ring.Head) != head)
            {
                TellPutters(lease.Address, ring, hasDied);
            }

            if (isMine && !isDone)
            {
                _putSignal.Raise(lease.Address, 1);
            }

            return isMine;
        }
        finally
        {
            if (isHeld)
            {
                _getLock.Exit();
            }
        }
    }

    private static bool SettleLocked(ShmClaim claim, bool isDone, QueueRing ring, ulong head, ulong tail)
    {
        var slot = ring.ClaimAt(claim.Number);
        if (!slot.IsMine || slot.Position != claim.Position || claim.Position < head || claim.Position >= tail)
        {
            return false;
        }

        var record = ring.RecordAt(claim.Position, tail);
        if (!record.IsClaimedBy(claim.Number))
        {
            return false;
        }

        if (!isDone)
        {
            GiveBack(ring, record, slot);
            return true;
        }

        // Committed: it's gone. Moving the head only frees room.
        record.MarkDone();
        slot.Free();
        Volatile.Write(ref ring.Head, ring.BehindDone(head, tail));
        return true;
    }

    /// <summary>
    /// Claims a record; false if no claim slot is free. The last store commits: a mark whose slot names no process or
    /// another record was left by one that died earlier, and doesn't count.
    /// </summary>
    private bool Claim(ref Taking take, QueueRing ring, QueueRecord record)
    {
        for (var number = 0; number < QueueLayout.ClaimCount; number++)
        {
            var slot = ring.ClaimAt(number);
            if (!slot.IsFree)
            {
                continue;
            }

            slot.Fill(
                record.Position, take.LeaseMilliseconds == 0 ? 0 : Environment.TickCount64 + take.LeaseMilliseconds);
            record.MarkClaimed(number);
            Volatile.Write(ref ring.Cursor, record.End);

            // Committed: it's claimed.
            slot.Commit();
            take.Claim = new ShmClaim(this, number, record.Position, new ShmMessage(take.Bytes!, take.Type));
            return true;
        }

        return false;
    }

    private bool IsTimeToLookAtClaims(bool isLook)
    {
        var now = Environment.TickCount64;
        if (now < Volatile.Read(ref _nextLook))
        {
            return false;
        }

        if (!isLook)
        {
            Volatile.Write(ref _nextLook, now + LookMilliseconds);
        }

        return true;
    }

    private static void GiveBackClaimsOfTheDead(QueueRing ring, ulong head, ulong tail)
    {
        for (var number = 0; number < QueueLayout.ClaimCount; number++)
        {
            var slot = ring.ClaimAt(number);
            if (slot.IsFree || !slot.HasEnded)
            {
                continue;
            }

            // A receiver that died after its work was done has left the slot taken.
            var position = slot.Position;
            if (position >= head && position < tail && ring.TryRecordAt(position, tail, out var record)
                && record.IsClaimedBy(number))
            {
                GiveBack(ring, record, slot);
            }
            else
            {
                slot.Free();
            }
        }
    }

    /// <summary>
    /// The first store commits: without the slot, the mark on the record doesn't count. If this process dies after it,
    /// the next holder of the lock checks all marks.
    /// </summary>
    private static void GiveBack(QueueRing ring, QueueRecord record, QueueClaim slot)
    {
        slot.Free();
        if (ring.Cursor > record.Position)
        {
            Volatile.Write(ref ring.Cursor, record.Position);
        }

        record.MarkReady();
    }
}
