using System;
using System.Threading;

namespace PSSharedMemory;

/// <summary>A record of a queue, whose length lies within the ring.</summary>
internal readonly unsafe struct QueueRecord
{
    private readonly byte* _place;

    public QueueRecord(ulong position, ulong end, byte* place, uint length)
    {
        Position = position;
        End = end;
        _place = place;
        Length = length;
    }

    /// <summary>Where it begins.</summary>
    public ulong Position { get; }

    /// <summary>Where the next one begins.</summary>
    public ulong End { get; }

    /// <summary>Bytes of the message.</summary>
    public uint Length { get; }

    public uint Type => Word & QueueLayout.TypeMask;

    public bool IsReady => (Word & ~QueueLayout.TypeMask) == 0;

    public bool IsDone => (Word & QueueLayout.Done) != 0;

    public ReadOnlySpan<byte> Bytes => new(_place + CollectionLayout.RecordHeaderSize, (int)Length);

    private ref uint Word => ref *(uint*)(_place + sizeof(uint));

    /// <summary>The number of the claim whose mark it has; -1 for none.</summary>
    public int ClaimNumber => IsDone ? -1 : (int)(Word >> QueueLayout.ClaimShift) - 1;

    /// <summary>Whether the claim with that number has it.</summary>
    public bool IsClaimedBy(int number) => ClaimNumber == number;

    /// <summary>Nobody gets it again: one store.</summary>
    public void MarkDone() => Volatile.Write(ref Word, QueueLayout.Done | Type);

    /// <summary>The mark of a claim; it counts once the claim's place says so too.</summary>
    public void MarkClaimed(int number) =>
        Volatile.Write(ref Word, (((uint)number + 1) << QueueLayout.ClaimShift) | Type);

    /// <summary>It can be taken from now on: one store.</summary>
    public void MarkReady() => Volatile.Write(ref Word, Type);
}
