using System;
using System.Buffers;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// Copies between two mappings. Both may show the same segment, at different addresses: an overlap shows in the place
/// within the segment, not in the addresses.
/// </summary>
internal static unsafe class MappingTransfer
{
    private const int Piece = 32 << 20;

    // Below this size, a piece goes through a buffer instead of being cut ever smaller.
    private const int SmallestPiece = 64 << 10;
    private const int BouncePiece = 256 << 10;

    /// <summary>
    /// Whether a copy begins with its last bytes: the destination lies behind the source and overlaps it.
    /// </summary>
    public static bool IsBackward(
        ShmMapping source, long sourceOffset, ShmMapping destination, long destinationOffset, long length) =>
        source.Segment.IsSame(destination.Segment)
        && Distance(source, sourceOffset, destination, destinationOffset) is var distance
        && distance > 0 && distance < length;

    /// <summary>Copies; both ranges were checked.</summary>
    /// <param name="source">The source.</param>
    /// <param name="sourceOffset">Bytes from the start of its mapping.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="destinationOffset">Bytes from the start of its mapping.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="doneBefore">Bytes of a longer copy that came before, for progress and exceptions.</param>
    /// <param name="progress">Receives the number of bytes copied so far.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, PageNotMapped, PageProtected, SegmentTruncated, NoSpace; with BytesDone.
    /// </exception>
    public static void Copy(
        ShmMapping source, long sourceOffset, ShmMapping destination, long destinationOffset, long length,
        long doneBefore, IProgress<long>? progress, CancellationToken cancellation)
    {
        var isByKernel = source.IsCopiedByKernel || destination.IsCopiedByKernel;
        var (piece, isBackward) = Plan(source, sourceOffset, destination, destinationOffset, length, isByKernel);
        var isStreamed = length >= StreamingCopy.Threshold && !ReferenceEquals(source, destination);
        var bounce = piece < SmallestPiece ? ArrayPool<byte>.Shared.Rent(BouncePiece) : null;
        try
        {
            for (var done = 0L; done < length;)
            {
                cancellation.ThrowIfCancellationRequested();
                var part = (int)Math.Min(bounce is null ? piece : BouncePiece, length - done);
                var start = isBackward ? length - done - part : done;
                var all = doneBefore + done;
                if (bounce is not null)
                {
                    MappingCopy.Read(source, sourceOffset + start, bounce.AsSpan(0, part), all);
                    MappingCopy.Write(destination, destinationOffset + start, bounce.AsSpan(0, part), all);
                }
                else if (isByKernel)
                {
                    CopyByKernel(source, sourceOffset + start, destination, destinationOffset + start, part, all);
                }
                else
                {
                    CopyPiece(
                        source, sourceOffset + start, destination, destinationOffset + start, part, isStreamed, all);
                }

                done += part;
                progress?.Report(doneBefore + done);
            }
        }
        finally
        {
            if (bounce is not null)
            {
                ArrayPool<byte>.Shared.Return(bounce);
            }
        }
    }

    /// <summary>
    /// How large a piece may be so that its source and its destination share no byte, and whether the last comes first.
    /// </summary>
    private static (long Piece, bool IsBackward) Plan(
        ShmMapping source, long sourceOffset, ShmMapping destination, long destinationOffset, long length,
        bool isByKernel)
    {
        if (!source.Segment.IsSame(destination.Segment))
        {
            return (Piece, false);
        }

        var distance = Distance(source, sourceOffset, destination, destinationOffset);
        var isBackward = distance > 0 && distance < length;
        if (Math.Abs(distance) >= length || (ReferenceEquals(source, destination) && !isByKernel))
        {
            // Within one address range copying a piece handles the overlap itself, as memmove(3) does.
            return (Piece, isBackward);
        }

        return (Math.Min(Piece, Math.Abs(distance)), isBackward);
    }

    /// <summary>How far behind the source the destination lies in their segment.</summary>
    private static long Distance(
        ShmMapping source, long sourceOffset, ShmMapping destination, long destinationOffset) =>
        destination.Offset + destinationOffset - source.Offset - sourceOffset;

    private static void CopyPiece(
        ShmMapping source, long sourceOffset, ShmMapping destination, long destinationOffset, int length,
        bool isStreamed, long done)
    {
        using var leases = LeasePair.Take(
            source, sourceOffset, destination, destinationOffset, ShmProtection.Write, length);
        FirstTouch.Require(source, leases.Left, length);
        FirstTouch.Require(destination, leases.Right, length);
        if (isStreamed)
        {
            StreamingCopy.Copy(leases.Left, leases.Right, length);
        }
        else
        {
            new ReadOnlySpan<byte>((void*)leases.Left, length).CopyTo(new Span<byte>((void*)leases.Right, length));
        }

        source.ThrowIfLost(sourceOffset, length, ShmProtection.Read, done);
        destination.ThrowIfLost(destinationOffset, length, ShmProtection.Write, done);
    }

    private static void CopyByKernel(
        ShmMapping source, long sourceOffset, ShmMapping destination, long destinationOffset, int length, long done)
    {
        using var leases = LeasePair.Take(
            source, sourceOffset, destination, destinationOffset, ShmProtection.Write, length);

        // The end of an object lies within a page, which memory alone does not show.
        var readable = Math.Clamp(source.BackedLength() - sourceOffset, 0, length);
        var writable = Math.Clamp(destination.BackedLength() - destinationOffset, 0, length);
        var copied = GuardedCopy.Copy(leases.Left, leases.Right, Math.Min(readable, writable));
        if (copied == length)
        {
            return;
        }

        throw IsReadable(leases.Left + (nint)copied, copied < readable)
            ? MappingFaults.Explain(destination, destinationOffset + copied, done + copied, ShmProtection.Write)
            : MappingFaults.Explain(source, sourceOffset + copied, done + copied, ShmProtection.Read);
    }

    /// <summary>Tells which side a copy stopped at.</summary>
    private static bool IsReadable(nint address, bool isBacked)
    {
        Span<byte> probe = stackalloc byte[1];
        return isBacked && GuardedCopy.Read(address, probe) == 1;
    }
}
