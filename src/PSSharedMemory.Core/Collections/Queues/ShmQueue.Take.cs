using System;
using System.Threading;

namespace PSSharedMemory;

/// <content>Taking one message, under the getters' lock.</content>
public sealed partial class ShmQueue
{
    // The tail as last seen: it only grows.
    private ulong _knownTail;

    private enum Outcome
    {
        Empty,
        Taken,
        TooLong,
    }

    private Outcome TryTake(ref Taking take, Span<byte> buffer, TimeSpan? timeout, CancellationToken cancellation)
    {
        using (var lease = Begin(out var ring))
        {
            if (IsEmpty(ring))
            {
                return Outcome.Empty;
            }

            var hold = _getLock.TryHold(lease.Address);
            if (hold.IsHeld)
            {
                var head = ring.Head;
                Outcome outcome;
                bool isRoomier;
                try
                {
                    outcome = TakeLocked(ref take, buffer, ring, looks: false);
                    isRoomier = ring.Head != head;
                }
                finally
                {
                    hold.Release();
                }

                if (isRoomier)
                {
                    TellPutters(lease.Address, ring, hasDied: false);
                }

                return outcome;
            }
        }

        return TryTakeAfterOthers(ref take, buffer, timeout, cancellation);
    }

    /// <summary>The same if somebody has the lock, or died holding it.</summary>
    private Outcome TryTakeAfterOthers(
        ref Taking take, Span<byte> buffer, TimeSpan? timeout, CancellationToken cancellation)
    {
        var hasDied = _getLock.Enter(timeout, null, cancellation);
        var isHeld = true;
        try
        {
            using var lease = Begin(out var ring);
            var head = ring.Head;
            if (hasDied)
            {
                ring.LookAgainFromHead();
            }

            var outcome = TakeLocked(ref take, buffer, ring, looks: hasDied);
            var isRoomier = ring.Head != head;
            isHeld = false;
            _getLock.Exit();
            if (isRoomier || hasDied)
            {
                TellPutters(lease.Address, ring, hasDied);
            }

            return outcome;
        }
        finally
        {
            if (isHeld)
            {
                _getLock.Exit();
            }
        }
    }

    /// <summary>Whether there's nothing to take, nor a claim that a dead process may have left.</summary>
    private bool IsEmpty(QueueRing ring)
    {
        var head = Volatile.Read(ref ring.Head);
        var start = Math.Max(head, Volatile.Read(ref ring.Cursor));
        var tail = TailBehind(ring, head, start);
        ring.ThrowIfLost();
        return start == tail && (head == tail || !IsTimeToLookAtClaims(isLook: true));
    }

    private Outcome TakeLocked(ref Taking take, Span<byte> buffer, QueueRing ring, bool looks)
    {
        var head = ring.Head;
        var tail = TailBehind(ring, head, head);
        if (ring.Used(head, tail) == 0)
        {
            return Outcome.Empty;
        }

        if (looks || ring.Cursor > head)
        {
            var behind = ring.BehindDone(head, tail);
            if (behind != head)
            {
                // A receiver completed it but died before moving the head.
                head = behind;
                Volatile.Write(ref ring.Head, head);
            }

            if (IsTimeToLookAtClaims(isLook: false) || looks)
            {
                GiveBackClaimsOfTheDead(ring, head, tail);
            }
        }

        var position = ring.Start(head, tail = TailBehind(ring, head, Math.Max(head, ring.Cursor)));
        while (position < tail || position < (tail = TailBehind(ring, head, position)))
        {
            var record = ring.RecordAt(position, tail);
            if (ring.IsForTheTaking(record))
            {
                return Take(ref take, buffer, ring, record, position == head, tail);
            }

            position = record.End;
        }

        Volatile.Write(ref ring.Cursor, position);
        return Outcome.Empty;
    }

    /// <summary>
    /// The tail as last seen, as long as the position hasn't reached it. The tail only grows; putters keep writing it,
    /// and each read costs a transfer between processors.
    /// </summary>
    private ulong TailBehind(QueueRing ring, ulong head, ulong position)
    {
        var known = _knownTail;
        return known > position && known - head <= (ulong)Capacity ? known : _knownTail = Volatile.Read(ref ring.Tail);
    }

    private Outcome Take(
        ref Taking take, Span<byte> buffer, QueueRing ring, QueueRecord record, bool isFirst, ulong tail)
    {
        take.Type = record.Type;
        if (record.Length > (uint)buffer.Length && (!take.Grows || record.Length > Array.MaxLength))
        {
            take.Length = (int)Math.Min(record.Length, int.MaxValue);
            return Outcome.TooLong;
        }

        var length = (int)record.Length;
        take.Length = length;
        take.Bytes = take.Grows && (buffer.IsEmpty || length > buffer.Length)
            ? GC.AllocateUninitializedArray<byte>(length)
            : null;
        record.Bytes.CopyTo(take.Bytes ?? buffer);
        ring.ThrowIfLost();
        if (take.Claims)
        {
            return Claim(ref take, ring, record) ? Outcome.Taken : Outcome.Empty;
        }

        if (!isFirst)
        {
            record.MarkDone();
            Volatile.Write(ref ring.Cursor, record.End);
            return Outcome.Taken;
        }

        // What follows may be completed already.
        Volatile.Write(ref ring.Head, ring.BehindDone(record.End, tail));
        return Outcome.Taken;
    }

    private void TellPutters(nint header, QueueRing ring, bool hasDied)
    {
        // More may have been put in since the tail was read: then some are woken for less.
        var (head, tail) = (Volatile.Read(ref ring.Head), _knownTail);
        var used = tail > head ? tail - head : 0;
        if (hasDied || used <= (ulong)(Capacity - (Capacity / WakingShare)))
        {
            _getSignal.Raise(header, int.MaxValue);
        }
    }

    /// <summary>How a message is taken, and what was got.</summary>
    private struct Taking
    {
        /// <summary>Whether an array is made for what the buffer has no room for.</summary>
        public bool Grows;

        /// <summary>Whether it stays in the queue until the claim is settled.</summary>
        public bool Claims;

        /// <summary>With a claim: how long it lasts at most; 0 for as long as this process lives.</summary>
        public long LeaseMilliseconds;

        /// <summary>The bytes, unless they went into the buffer.</summary>
        public byte[]? Bytes;

        public int Length;

        public uint Type;

        public ShmClaim? Claim;
    }
}
