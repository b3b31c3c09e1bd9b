using System;
using System.Diagnostics;
using System.Text;
using System.Threading;

namespace PSSharedMemory;

/// <content>Putting messages in.</content>
public sealed partial class ShmQueue
{
    // With less room than this, waiting putters are left asleep: woken for each message taken, they would fall asleep
    // again after the next.
    private const int WakingShare = 4;

    // The head as last seen: it only grows, so an old one understates the room.
    private ulong _knownHead;

    /// <summary>Puts a message in; waits while there's no room.</summary>
    /// <param name="bytes">The message, up to <see cref="MaxMessageLength"/> bytes.</param>
    /// <param name="type">What they are: a <see cref="ShmValueType"/>, or any other number up to 65535.</param>
    /// <param name="timeout">Null waits forever; 0 tries once.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <exception cref="ShmException">
    /// OutOfRange: the message is too long, or the type too large; WaitTimeout; InvalidStructure; and as
    /// <see cref="ShmMutex.Lock"/>.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled, and the message is not in.</exception>
    public void Put(
        ReadOnlySpan<byte> bytes, uint type = (uint)ShmValueType.Bytes, TimeSpan? timeout = null,
        CancellationToken cancellation = default)
    {
        if (bytes.Length > MaxMessageLength || type > QueueLayout.TypeMask)
        {
            throw Unfit(bytes.Length, type);
        }

        var start = timeout is null ? 0 : Stopwatch.GetTimestamp();
        if (TryPut(bytes, type, timeout, cancellation))
        {
            return;
        }

        var deadline = new Deadline(timeout - Stopwatch.GetElapsedTime(start));
        while (true)
        {
            var seen = _getSignal.Sequence;
            if (TryPut(bytes, type, deadline.Rest, cancellation))
            {
                return;
            }

            cancellation.ThrowIfCancellationRequested();
            if (deadline.HasPassed)
            {
                throw new ShmException(
                    ShmErrorId.WaitTimeout,
                    $"Timed out after {Deadline.Seconds(timeout!.Value)} waiting for {this} to have room for "
                        + $"{bytes.Length} bytes: {BytesUsed} of its {Capacity} are used.",
                    this);
            }

            Sleep(_getSignal, seen, deadline, cancellation);
        }
    }

    /// <summary>Puts a text in, as UTF-8: its type is <see cref="ShmValueType.Text"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="timeout">Null waits forever; 0 tries once.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <exception cref="ShmException">As the other one.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, and the message is not in.</exception>
    public void Put(string text, TimeSpan? timeout = null, CancellationToken cancellation = default) =>
        Put(Encoding.UTF8.GetBytes(text), (uint)ShmValueType.Text, timeout, cancellation);

    private void Sleep(CollectionSignal signal, int seen, in Deadline deadline, CancellationToken cancellation)
    {
        if (!signal.Wait(seen, deadline.Slice(LongestSleep), cancellation))
        {
            CollectionAccess.ThrowIfTruncated(Mapping, CollectionLayout.HeaderSize + Capacity);
        }
    }

    private ShmException Unfit(int length, uint type) => new(
        ShmErrorId.OutOfRange,
        type > QueueLayout.TypeMask
            ? $"Cannot put a message of type {type} into {this}: types go up to {QueueLayout.TypeMask}."
            : $"Cannot put {length} bytes into {this}: a message has at most {MaxMessageLength}, half the capacity. "
                + "Make a larger queue.",
        this);

    private bool TryPut(ReadOnlySpan<byte> bytes, uint type, TimeSpan? timeout, CancellationToken cancellation)
    {
        using (var lease = Begin(out var ring))
        {
            var hold = _putLock.TryHold(lease.Address);
            if (hold.IsHeld)
            {
                bool isIn;
                try
                {
                    isIn = PutLocked(ring, bytes, type);
                }
                finally
                {
                    hold.Release();
                }

                if (isIn)
                {
                    _putSignal.Raise(lease.Address, 1);
                }

                return isIn;
            }
        }

        return TryPutAfterOthers(bytes, type, timeout, cancellation);
    }

    /// <summary>The same if somebody has the lock, or died holding it.</summary>
    private bool TryPutAfterOthers(
        ReadOnlySpan<byte> bytes, uint type, TimeSpan? timeout, CancellationToken cancellation)
    {
        var hasDied = _putLock.Enter(timeout, null, cancellation);
        var isHeld = true;
        try
        {
            using var lease = Begin(out var ring);
            var isIn = PutLocked(ring, bytes, type);
            isHeld = false;
            _putLock.Exit();
            if (hasDied || isIn)
            {
                // The dead owner may have put something in without waking anybody.
                _putSignal.Raise(lease.Address, hasDied ? int.MaxValue : 1);
            }

            return isIn;
        }
        finally
        {
            if (isHeld)
            {
                _putLock.Exit();
            }
        }
    }

    private bool PutLocked(QueueRing ring, ReadOnlySpan<byte> bytes, uint type)
    {
        var tail = ring.Tail;
        var newTail = ring.Write(tail, Free(ring, tail, bytes.Length), bytes, type);
        if (newTail == tail)
        {
            return false;
        }

        ring.ThrowIfLost();

        // Committed.
        Volatile.Write(ref ring.Tail, newTail);
        return true;
    }

    private ulong Free(QueueRing ring, ulong tail, int length)
    {
        var used = tail - _knownHead;
        if (used > (ulong)Capacity || (ulong)Capacity - used < (2 * (ulong)CollectionLayout.RecordSize(length)))
        {
            _knownHead = Volatile.Read(ref ring.Head);
        }

        return (ulong)Capacity - ring.Used(_knownHead, tail);
    }
}
