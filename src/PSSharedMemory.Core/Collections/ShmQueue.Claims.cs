using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Taking messages for as long as the work on them lasts.</summary>
public sealed partial class ShmQueue
{
    // How often somebody looks whether the processes with claims still live.
    private const long LookMilliseconds = 50;

    private long _nextLook;

    /// <summary>
    /// Takes the next message and leaves it in the queue, where nobody else gets it until
    /// <see cref="ShmClaim.Complete"/> takes it out or <see cref="ShmClaim.Release"/> gives it back. If this process
    /// dies, it goes to the next.
    /// </summary>
    /// <param name="timeout">Null waits forever; 0 looks once.</param>
    /// <param name="lease">How long the claim lasts even if this process lives; null for as long as it does.</param>
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

    /// <summary>Ends a claim; whether it was still this process's.</summary>
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

        ring.ThrowIfLost();

        // Here it is gone; that the head follows is only room.
        record.MarkDone();
        slot.Free();
        Volatile.Write(ref ring.Head, ring.BehindDone(head, tail));
        return true;
    }

    /// <summary>
    /// Puts a claim on a record; false where no claim is free. The last store is the commit: a mark whose place names
    /// no process, or another record, is of one that died before it, and counts for nothing.
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

            // Here it is claimed.
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

            // One that died when the work was done has left the place taken.
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
    /// The first store is the commit: the mark that is left on the record counts for nothing without it. Who dies
    /// behind it leaves the lock to one who looks at all marks.
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
