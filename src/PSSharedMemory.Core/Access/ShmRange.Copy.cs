using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <content>Copying.</content>
public abstract partial class ShmRange
{
    /// <summary>
    /// Copies all bytes to another range. Where both overlap, in one segment also through two mappings of it or in
    /// one array, the destination gets what the source was before. Where the source has no pages and the destination
    /// is zeros, neither gets any, unless it is less than a page that is copied.
    /// </summary>
    /// <param name="destination">At least as long; what it has more stays as it is.</param>
    /// <param name="progress">Receives the number of bytes copied so far.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    /// <exception cref="ShmException">
    /// OutOfRange (the destination is shorter), MappingDismounted, PageNotMapped, PageProtected: nothing was written;
    /// SegmentTruncated, NoSpace, with BytesDone.
    /// </exception>
    public void CopyTo(ShmRange destination, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        if (destination.Length < Length)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"Cannot copy {Length} bytes of {this} to {destination}: there is room for {destination.Length}. "
                    + "Nothing was written.",
                destination);
        }

        Check(ShmProtection.Read);
        destination.Check(ShmProtection.Write);
        if (this is ArrayRange array && destination is ArrayRange to)
        {
            array.Span.CopyTo(to.Span);
            return;
        }

        if (FindData(DataUse.Change) is { } data)
        {
            CopyBySteps(destination, data, progress, cancellation);
        }
        else
        {
            CopyPart(destination, 0, Length, 0, progress, cancellation);
        }
    }

    /// <summary>Copies what has pages, and clears what the destination has where the source has none.</summary>
    private void CopyBySteps(
        ShmRange destination, IReadOnlyList<ShmRun> data, IProgress<long>? progress, CancellationToken cancellation)
    {
        var steps = CopyStep.Plan(
            Length, data, destination.FindData(DataUse.Change),
            this is MappingRange source && destination is MappingRange there
                && MappingTransfer.IsBackward(source.Mapping, source.Offset, there.Mapping, there.Offset, Length));
        var done = 0L;
        foreach (var step in steps)
        {
            cancellation.ThrowIfCancellationRequested();
            switch (step.Work)
            {
                case CopyWork.Copy:
                    CopyPart(destination, step.Offset, step.Length, done, progress, cancellation);
                    break;
                case CopyWork.Clear:
                    CheckUntouched(step.Offset, step.Length, ShmProtection.Read, done);
                    destination.FillPart([0], step.Offset, step.Length, done, progress, cancellation);
                    break;
                default:
                    CheckUntouched(step.Offset, step.Length, ShmProtection.Read, done);
                    destination.CheckUntouched(step.Offset, step.Length, ShmProtection.Write, done);
                    progress?.Report(done + step.Length);
                    break;
            }

            done += step.Length;
        }
    }

    /// <summary>Copies a part, byte for byte.</summary>
    private void CopyPart(
        ShmRange destination, long start, long length, long doneBefore, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        if (this is MappingRange from && destination is MappingRange to)
        {
            MappingTransfer.Copy(
                from.Mapping, from.Offset + start, to.Mapping, to.Offset + start, length, doneBefore, progress,
                cancellation);
        }
        else
        {
            CopyPieces(destination, start, length, doneBefore, progress, cancellation);
        }
    }

    /// <summary>At most one of the two is a mapping, so no two leases meet here.</summary>
    private void CopyPieces(
        ShmRange destination, long start, long length, long doneBefore, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        var piece = Math.Min(Piece, destination.Piece);
        for (var done = 0L; done < length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = (int)Math.Min(piece, length - done);
            using (var view = new View(this, start + done, part))
            {
                destination.Write(start + done, view.Bytes);
                view.ThrowIfLost(doneBefore + done);
            }

            done += part;
            progress?.Report(doneBefore + done);
        }
    }
}
