using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>A range of a mapping.</summary>
internal sealed class MappingRange(ShmMapping mapping, long offset, long length) : ShmRange(length)
{
    public ShmMapping Mapping => mapping;

    /// <summary>Bytes from the start of the mapping.</summary>
    public long Offset => offset;

    private protected override MappingRange? Direct => mapping.IsCopiedByKernel ? null : this;

    private protected override int Piece => mapping.IsCopiedByKernel ? BufferedPiece : DirectPiece;

    public override string ToString() => $"{mapping}";

    /// <summary>Cut and moved to the range.</summary>
    private protected override IReadOnlyList<ShmRun>? FindData()
    {
        if (Length <= DirectPiece / 32)
        {
            return null;
        }

        mapping.ThrowIfDismounted();
        return SegmentExtents.TryOf(mapping)?
            .Select(run =>
                (Start: Math.Max(run.Offset - offset, 0), End: Math.Min(run.Offset + run.Length - offset, Length)))
            .Where(static run => run.End > run.Start)
            .Select(static run => new ShmRun(run.Start, run.End - run.Start))
            .ToArray();
    }

    private protected override void Check(ShmProtection need) => mapping.Lease(offset, Length, need).Dispose();

    private protected override void Read(long position, Span<byte> destination) =>
        MappingCopy.Read(mapping, offset + position, destination, doneBefore: position);

    private protected override void Write(long position, ReadOnlySpan<byte> source) =>
        MappingCopy.Write(mapping, offset + position, source, doneBefore: position);
}
