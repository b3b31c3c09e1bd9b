using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>A range of a mapping.</summary>
internal sealed class MappingRange(ShmMapping mapping, long offset, long length) : ShmRange(length)
{
    private const long WorthLooking = DirectPiece / 32;

    public ShmMapping Mapping => mapping;

    /// <summary>Bytes from the start of the mapping.</summary>
    public long Offset => offset;

    private protected override MappingRange? Direct => mapping.IsCopiedByKernel ? null : this;

    private protected override int Piece => mapping.IsCopiedByKernel ? BufferedPiece : DirectPiece;

    public override string ToString() => $"{mapping}";

    private protected override IReadOnlyList<ShmRun>? FindData(DataUse use)
    {
        mapping.ThrowIfDismounted();
        return Length < (use == DataUse.Look ? WorthLooking : Environment.SystemPageSize)
            ? null
            : SegmentExtents.TryOf(mapping, offset, Length, unlessComplete: use == DataUse.Change);
    }

    private protected override void CheckUntouched(long position, long length, ShmProtection need, long done)
    {
        using var lease = mapping.Lease(offset + position, length, need);
        var left = mapping.BackedLength() - offset - position;
        if (left < length)
        {
            throw MappingFaults.Explain(mapping, offset + position + Math.Max(left, 0), done + Math.Max(left, 0), need);
        }
    }

    private protected override void Check(ShmProtection need) => mapping.Lease(offset, Length, need).Dispose();

    private protected override void Read(long position, Span<byte> destination) =>
        MappingCopy.Read(mapping, offset + position, destination, doneBefore: position);

    private protected override void Write(long position, ReadOnlySpan<byte> source) =>
        MappingCopy.Write(mapping, offset + position, source, doneBefore: position);
}
