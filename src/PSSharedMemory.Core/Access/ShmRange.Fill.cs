using System;
using System.Buffers;
using System.Threading;

namespace PSSharedMemory;

/// <content>Filling.</content>
public abstract partial class ShmRange
{
    /// <summary>
    /// Fills the range with a pattern, repeated from the start; the last copy is cut off where the range ends.
    /// </summary>
    /// <param name="pattern">One byte or more.</param>
    /// <param name="progress">Receives the number of bytes filled so far.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, PageNotMapped, PageProtected: nothing was written; SegmentTruncated, NoSpace, with BytesDone.
    /// </exception>
    public void Fill(
        ReadOnlySpan<byte> pattern, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pattern.Length);
        Check(ShmProtection.Write);
        if (Direct is { } direct && pattern.IndexOfAnyExcept(pattern[0]) < 0)
        {
            FillDirect(direct, pattern[0], progress, cancellation);
            return;
        }

        // As many whole patterns as a tile has room for, so that every tile begins with the pattern's start.
        var tileLength = Math.Max(pattern.Length, BufferedPiece / pattern.Length * pattern.Length);
        var tile = ArrayPool<byte>.Shared.Rent(tileLength);
        try
        {
            for (var i = 0; i < tileLength; i += pattern.Length)
            {
                pattern.CopyTo(tile.AsSpan(i));
            }

            for (var done = 0L; done < Length; done += tileLength)
            {
                cancellation.ThrowIfCancellationRequested();
                Write(done, tile.AsSpan(0, (int)Math.Min(tileLength, Length - done)));
                progress?.Report(Math.Min(done + tileLength, Length));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(tile);
        }
    }

    private static unsafe void FillDirect(
        MappingRange range, byte value, IProgress<long>? progress, CancellationToken cancellation)
    {
        for (var done = 0L; done < range.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = (int)Math.Min(DirectPiece, range.Length - done);
            using (var lease = range.Mapping.Lease(range.Offset + done, part, ShmProtection.Write))
            {
                FirstTouch.Require(range.Mapping, lease.Address, part);
                new Span<byte>((void*)lease.Address, part).Fill(value);
                range.Mapping.ThrowIfLost(range.Offset + done, part, ShmProtection.Write, done);
            }

            done += part;
            progress?.Report(done);
        }
    }
}
