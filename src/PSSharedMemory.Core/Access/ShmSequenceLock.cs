using System;
using System.Buffers.Binary;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// A counter beside data, by which a reader knows that nobody wrote while it read: the writer makes it odd, writes, and
/// makes it even again. Or two counters: the writer counts up the first, writes, and counts up the second. The writer
/// never waits, and readers change nothing.
/// </summary>
public sealed class ShmSequenceLock
{
    // A writer is in the middle for less than a microsecond as a rule. Then the reader lets others run, and finally
    // looks once a millisecond, which costs next to nothing.
    private const int QuickLooks = 100;
    private const int TurnsBetweenLooks = 16;
    private const int YieldingLooks = 200;

    private readonly ShmMapping _mapping;
    private readonly long _first;
    private readonly long _second;
    private readonly int _size;
    private readonly bool _isSwapped;

    /// <summary>One counter: odd while its writer writes.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Where the counter is: bytes from the start of the mapping.</param>
    /// <param name="size">Its bytes: 1, 2, 4 or 8.</param>
    /// <param name="order">The order of its bytes.</param>
    public ShmSequenceLock(
        ShmMapping mapping, long offset, int size = sizeof(uint), ShmByteOrder order = ShmByteOrder.Native)
        : this(mapping, offset, offset, size, order)
    {
    }

    /// <summary>Two counters: the same while nobody writes.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="begin">Where the counter is that the writer changes before it writes.</param>
    /// <param name="end">Where the counter is that it changes after it has written.</param>
    /// <param name="size">The bytes of each: 1, 2, 4 or 8.</param>
    /// <param name="order">The order of their bytes.</param>
    public ShmSequenceLock(
        ShmMapping mapping, long begin, long end, int size, ShmByteOrder order = ShmByteOrder.Native)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        if (size is not (1 or 2 or 4 or 8))
        {
            throw new ArgumentOutOfRangeException(nameof(size));
        }

        _mapping = mapping;
        _first = begin;
        _second = end;
        _size = size;
        _isSwapped = order.IsSwapped();
    }

    /// <summary>How long a read is tried again; null for as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Ends a read that is tried again.</summary>
    public CancellationToken Cancellation { get; init; }

    private bool IsPair => _first != _second;

    /// <summary>Reads, and again until nobody wrote meanwhile.</summary>
    /// <param name="read">
    /// Copies the data. What it returns or throws while somebody writes is thrown away, so it must change nothing.
    /// </param>
    /// <exception cref="ShmException">
    /// WaitTimeout; what <paramref name="read"/> throws while nobody writes; and all that <see cref="ShmReader"/>
    /// throws.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public T Read<T>(Func<T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        var deadline = new Deadline(Timeout);
        var start = Number(_first);
        for (var looks = 0; ; looks++)
        {
            // The writer's last store comes first here, and its first store last.
            var before = Number(_second);
            if (IsPair ? Number(_first) == before : (before & 1) == 0)
            {
                if (TryRead(read, before, out var value))
                {
                    return value;
                }
            }

            Cancellation.ThrowIfCancellationRequested();
            if (deadline.HasPassed)
            {
                throw new ShmException(ShmErrorId.WaitTimeout, Reason(start), _mapping);
            }

            Pause(looks);
        }
    }

    private bool TryRead<T>(Func<T> read, ulong before, out T value)
    {
        Thread.MemoryBarrier();
        try
        {
            value = read();
            Thread.MemoryBarrier();
            return Number(_first) == before;
        }
        catch (ShmException)
        {
            // Half of a structure may be no structure.
            Thread.MemoryBarrier();
            if (Number(_first) == before)
            {
                throw;
            }

            value = default!;
            return false;
        }
    }

    private void Pause(int looks)
    {
        if (looks < QuickLooks && Environment.ProcessorCount > 1)
        {
            Thread.SpinWait(TurnsBetweenLooks);
        }
        else if (looks < YieldingLooks)
        {
            Thread.Yield();
        }
        else
        {
            Cancellation.WaitHandle.WaitOne(1);
        }
    }

    private string Reason(ulong start)
    {
        var (first, second) = (Number(_first), Number(_second));
        var now = IsPair
            ? $"the counters at offsets {_first} and {_second} are {first} and {second}"
            : $"the counter at offset {_first} is {first}";
        return $"Timed out after {Deadline.Seconds(Timeout!.Value)} reading {_mapping}: {now}"
            + (first != start
                ? $", and the writer never paused for as long as a read takes (it began at {start}). Read less at "
                    + "once, such as a few fields."
                : $"{(IsPair ? "" : ", which is odd")}: the writer is in the middle of a write, or died in it.");
    }

    private ulong Number(long offset)
    {
        var reader = _mapping.Reader;
        return _size switch
        {
            1 => reader.ReadByte(offset),
            2 => Ordered(reader.ReadUInt16(offset)),
            4 => Ordered(reader.ReadUInt32(offset)),
            _ => _isSwapped ? BinaryPrimitives.ReverseEndianness(reader.ReadUInt64(offset)) : reader.ReadUInt64(offset),
        };

        ulong Ordered(uint value) => !_isSwapped ? value
            : BinaryPrimitives.ReverseEndianness(value) >> (32 - (_size * 8));
    }
}
