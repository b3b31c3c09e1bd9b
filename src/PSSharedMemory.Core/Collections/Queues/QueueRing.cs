using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// The bytes of a queue while a lease of them is held. Positions count bytes since the queue was made and never wrap;
/// whatever stands in the memory is read once and checked against the ring before it is used.
/// </summary>
internal readonly unsafe ref struct QueueRing
{
    private readonly byte* _header;
    private readonly ulong _capacity;

    // One less than a capacity that is a power of two; else 0. A division takes as long as the rest of a put.
    private readonly ulong _mask;
    private readonly ShmMapping _mapping;

    public QueueRing(ShmMapping mapping, nint header, long capacity)
    {
        _mapping = mapping;
        _header = (byte*)header;
        _capacity = (ulong)capacity;
        _mask = (_capacity & (_capacity - 1)) == 0 ? _capacity - 1 : 0;
    }

    public ref ulong Tail => ref *(ulong*)(_header + QueueLayout.Tail);

    public ref ulong Head => ref *(ulong*)(_header + QueueLayout.Head);

    public ref ulong Cursor => ref *(ulong*)(_header + QueueLayout.Cursor);

    /// <summary>Bytes between the two, which are sound.</summary>
    /// <exception cref="ShmException">InvalidStructure.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Used(ulong head, ulong tail)
    {
        var used = tail - head;
        return used <= _capacity && ((head | tail) & (CollectionLayout.Alignment - 1)) == 0 ? used : throw Damaged(
            $"it says that it begins at {head} and ends at {tail}, and it has room for {_capacity} bytes");
    }

    /// <summary>Where the first message can be that nobody has taken.</summary>
    /// <exception cref="ShmException">InvalidStructure.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Start(ulong head, ulong tail)
    {
        var cursor = Volatile.Read(ref Cursor);
        if (cursor <= head)
        {
            return head;
        }

        return cursor <= tail && (cursor & (CollectionLayout.Alignment - 1)) == 0 ? cursor : throw Damaged(
            $"its cursor is {cursor}, and it ends at {tail}");
    }

    /// <summary>The record at a position in front of the tail, or behind the padding there.</summary>
    /// <exception cref="ShmException">InvalidStructure.</exception>
    public QueueRecord RecordAt(ulong position, ulong tail) =>
        TryRecordAt(position, tail, out var record) ? record : throw Damaged(
            $"the record at {position} reaches beyond its end at {tail}, or beyond the ring");

    /// <summary>The same; false where there is none that could be one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRecordAt(ulong position, ulong tail, out QueueRecord record)
    {
        record = default;
        var at = PlaceOf(position);
        var length = Volatile.Read(ref *(uint*)(Data + at));
        if (length == QueueLayout.Padding)
        {
            position += _capacity - at;
            at = 0;
            if (position >= tail)
            {
                return false;
            }

            length = Volatile.Read(ref *(uint*)Data);
        }

        var size = (ulong)CollectionLayout.RecordSize(length);
        if (length == QueueLayout.Padding || size > _capacity - at || size > tail - position)
        {
            return false;
        }

        record = new QueueRecord(position, position + size, Data + at, length);
        return true;
    }

    /// <summary>
    /// Writes a record at the tail, and padding before it where it would wrap; the new tail, not yet stored.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Write(ulong tail, ulong free, ReadOnlySpan<byte> bytes, uint type)
    {
        var size = (ulong)CollectionLayout.RecordSize(bytes.Length);
        var at = PlaceOf(tail);
        var padding = size > _capacity - at ? _capacity - at : 0;
        if (size + padding > free)
        {
            return tail;
        }

        if (padding != 0)
        {
            *(uint*)(Data + at) = QueueLayout.Padding;
            at = 0;
        }

        *(uint*)(Data + at) = (uint)bytes.Length;
        *(uint*)(Data + at + sizeof(uint)) = type;
        bytes.CopyTo(new Span<byte>(Data + at + CollectionLayout.RecordHeaderSize, bytes.Length));
        return tail + padding + size;
    }

    /// <summary>Where the head can go: behind everything that is done.</summary>
    public ulong BehindDone(ulong position, ulong tail)
    {
        while (position < tail && RecordAt(position, tail) is { IsDone: true } done)
        {
            position = done.End;
        }

        return position;
    }

    /// <summary>
    /// Whether a record is there for the taking: nobody has claimed it, or who did died before the claim was committed.
    /// </summary>
    /// <exception cref="ShmException">InvalidStructure.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsForTheTaking(QueueRecord record) => record.IsReady || IsMarkWithoutClaim(record);

    /// <summary>
    /// For who gets the getters' lock of a dead owner: it may have died between two stores of a claim, and so every
    /// mark from the head on is looked at once more.
    /// </summary>
    public void LookAgainFromHead() => Volatile.Write(ref Cursor, 0);

    private bool IsMarkWithoutClaim(QueueRecord record)
    {
        if (record.IsDone)
        {
            return false;
        }

        return record.ClaimNumber < QueueLayout.ClaimCount
            ? !ClaimAt(record.ClaimNumber).IsOf(record.Position)
            : throw Damaged(
                $"the record at {record.Position} has claim {record.ClaimNumber}, and there are "
                    + $"{QueueLayout.ClaimCount}");
    }

    /// <summary>A place for a claim.</summary>
    public QueueClaim ClaimAt(int number) => new((nint)_header + QueueLayout.Claims + (number * QueueLayout.ClaimSize));

    /// <summary>Before a change is committed, and after a look: whether what was written or read counts.</summary>
    /// <exception cref="ShmException">SegmentTruncated, NoSpace.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ThrowIfLost() => CollectionAccess.ThrowIfLost(_mapping, CollectionLayout.HeaderSize + (long)_capacity);

    public ShmException Damaged(string what)
    {
        ThrowIfLost();
        return new(
            ShmErrorId.InvalidStructure, $"The queue in {_mapping.Segment} is damaged: {what}.", _mapping.Segment);
    }

    private ulong PlaceOf(ulong position) => _mask != 0 ? position & _mask : position % _capacity;

    private byte* Data => _header + CollectionLayout.HeaderSize;
}
