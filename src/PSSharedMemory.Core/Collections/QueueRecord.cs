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

    /// <summary>Whether the claim with that number has it.</summary>
    public bool IsClaimedBy(int number) =>
        !IsDone && (Word & ~QueueLayout.TypeMask) >> QueueLayout.ClaimShift == (uint)number + 1;

    /// <summary>Nobody gets it again: one store.</summary>
    public void MarkDone() => Volatile.Write(ref Word, QueueLayout.Done | Type);

    /// <summary>A claim has it from now on: one store.</summary>
    public void MarkClaimed(int number) => Volatile.Write(ref Word, (((uint)number + 1) << QueueLayout.ClaimShift) | Type);

    /// <summary>It can be taken from now on: one store.</summary>
    public void MarkReady() => Volatile.Write(ref Word, Type);
}
