using System;
using System.Threading;

namespace PSSharedMemory;

/// <content>Taking messages out.</content>
public sealed partial class ShmQueue
{
    /// <summary>Takes the next message; waits until there is one.</summary>
    /// <param name="timeout">Null waits forever; 0 checks once.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <exception cref="ShmException">WaitTimeout, InvalidStructure; and as <see cref="ShmMutex.Lock"/>.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ShmMessage Get(TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var take = new Taking { Grows = true };
        Wait(ref take, [], timeout, cancellation);
        return new ShmMessage(take.Bytes!, take.Type);
    }

    /// <summary>Takes the next message into a buffer; waits until there is one. Doesn't allocate.</summary>
    /// <param name="buffer">Receives its bytes.</param>
    /// <param name="type">What they are.</param>
    /// <param name="timeout">Null waits forever; 0 checks once.</param>
    /// <param name="cancellation">Ends the wait within some 50 ms.</param>
    /// <returns>Its length in bytes.</returns>
    /// <exception cref="ShmException">
    /// OutOfRange: the buffer is too small, and the message stays; and as the other one.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public int Get(Span<byte> buffer, out uint type, TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        var take = default(Taking);
        Wait(ref take, buffer, timeout, cancellation);
        type = take.Type;
        return take.Length;
    }

    /// <summary>Takes the next message if there is one.</summary>
    /// <exception cref="ShmException">
    /// InvalidStructure; WaitTimeout (the lock is held by one that was stopped); and as <see cref="ShmMutex.Lock"/>.
    /// </exception>
    public bool TryGet(out ShmMessage? message)
    {
        var take = new Taking { Grows = true };
        var isTaken = TryTake(ref take, [], TimeSpan.Zero, default) == Outcome.Taken;
        message = isTaken ? new ShmMessage(take.Bytes!, take.Type) : null;
        return isTaken;
    }

    /// <summary>Takes the next message into a buffer if there is one. Doesn't allocate.</summary>
    /// <param name="buffer">Receives its bytes.</param>
    /// <param name="length">How many they are.</param>
    /// <param name="type">What they are.</param>
    /// <exception cref="ShmException">
    /// OutOfRange: the buffer is too small, and the message stays; and as <see cref="TryGet(out ShmMessage?)"/>.
    /// </exception>
    public bool TryGet(Span<byte> buffer, out int length, out uint type)
    {
        var take = default(Taking);
        var outcome = TryTake(ref take, buffer, TimeSpan.Zero, default);
        (length, type) = (take.Length, take.Type);
        return outcome != Outcome.TooLong ? outcome == Outcome.Taken : throw TooLong(take.Length, buffer.Length);
    }

    private ShmException TooLong(long length, int room) => new(
        ShmErrorId.OutOfRange,
        $"The next message of {this} has {length} bytes, and there is room for {room}. It stays in the queue.", this);

    private void Wait(ref Taking take, Span<byte> buffer, TimeSpan? timeout, CancellationToken cancellation)
    {
        if (IsTaken(ref take, buffer, timeout, cancellation))
        {
            return;
        }

        var deadline = new Deadline(timeout);
        while (true)
        {
            var seen = _putSignal.Sequence;
            if (IsTaken(ref take, buffer, deadline.Rest, cancellation))
            {
                return;
            }

            cancellation.ThrowIfCancellationRequested();
            if (deadline.HasPassed)
            {
                throw new ShmException(
                    ShmErrorId.WaitTimeout,
                    $"Timed out after {Deadline.Seconds(timeout!.Value)} waiting for a message in {this}.",
                    this);
            }

            Sleep(_putSignal, seen, deadline, cancellation);
        }
    }

    private bool IsTaken(ref Taking take, Span<byte> buffer, TimeSpan? timeout, CancellationToken cancellation)
    {
        var outcome = TryTake(ref take, buffer, timeout, cancellation);
        return outcome != Outcome.TooLong ? outcome == Outcome.Taken : throw TooLong(take.Length, buffer.Length);
    }
}
