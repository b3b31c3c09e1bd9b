using System;
using System.Threading;

namespace PSSharedMemory;

/// <content>Copying.</content>
public abstract partial class ShmRange
{
    /// <summary>
    /// Copies all bytes to another range. Where both overlap, in one segment also through two mappings of it or in
    /// one array, the destination gets what the source was before.
    /// </summary>
    /// <param name="destination">At least as long; what it has more stays as it is.</param>
    /// <param name="progress">Receives the number of bytes copied so far.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
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
        switch (this, destination)
        {
            case (MappingRange from, MappingRange to):
                MappingTransfer.Copy(from.Mapping, from.Offset, to.Mapping, to.Offset, Length, progress, cancellation);
                break;
            case (ArrayRange from, ArrayRange to):
                from.Span.CopyTo(to.Span);
                break;
            default:
                CopyPieces(destination, progress, cancellation);
                break;
        }
    }

    /// <summary>At most one of the two is a mapping, so no two leases meet here.</summary>
    private void CopyPieces(ShmRange destination, IProgress<long>? progress, CancellationToken cancellation)
    {
        var piece = Math.Min(Piece, destination.Piece);
        for (var done = 0L; done < Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var length = (int)Math.Min(piece, Length - done);
            using (var view = new View(this, done, length))
            {
                destination.Write(done, view.Bytes);
                view.ThrowIfLost(done);
            }

            done += length;
            progress?.Report(done);
        }
    }
}
