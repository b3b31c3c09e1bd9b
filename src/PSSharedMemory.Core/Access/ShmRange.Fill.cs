using System;
using System.Buffers;
using System.Threading;

namespace PSSharedMemory;

/// <content>Filling.</content>
public abstract partial class ShmRange
{
    /// <summary>
    /// Fills the range with a pattern, repeated from the start; the last copy is cut off where the range ends. Zeros
    /// leave alone what has no pages, which is zeros: it costs no memory. Less than a page is simply written.
    /// </summary>
    /// <param name="pattern">One byte or more.</param>
    /// <param name="progress">Receives the number of bytes filled so far.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, PageNotMapped, PageProtected: nothing was written; SegmentTruncated, NoSpace, with BytesDone.
    /// </exception>
    public void Fill(
        ReadOnlySpan<byte> pattern, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pattern.Length);
        Check(ShmProtection.Write);
        if (pattern.IndexOfAnyExcept((byte)0) >= 0 || FindData(DataUse.Change) is not { } data)
        {
            FillPart(pattern, 0, Length, 0, progress, cancellation);
            return;
        }

        // What has no pages is zeros already, and stays without.
        for (var done = 0L; done < Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var run = NextData(data, done) ?? new ShmRun(Length, 0);
            var start = Math.Max(done, run.Offset);
            if (start > done)
            {
                CheckUntouched(done, start - done, ShmProtection.Write, done);
                progress?.Report(start);
            }

            done = run.Offset + run.Length;
            FillPart(pattern, start, done - start, start, progress, cancellation);
        }
    }

    /// <summary>Fills a part, from the pattern's start.</summary>
    /// <param name="pattern">One byte or more.</param>
    /// <param name="start">Bytes from the start of the range.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="doneBefore">Bytes done before, for progress and exceptions.</param>
    /// <param name="progress">Receives the number of bytes done so far.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    private void FillPart(
        ReadOnlySpan<byte> pattern, long start, long length, long doneBefore, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        if (Direct is { } direct && pattern.IndexOfAnyExcept(pattern[0]) < 0)
        {
            FillDirect(direct, pattern[0], start, length, doneBefore, progress, cancellation);
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

            for (var done = 0L; done < length; done += tileLength)
            {
                cancellation.ThrowIfCancellationRequested();
                Write(start + done, tile.AsSpan(0, (int)Math.Min(tileLength, length - done)));
                progress?.Report(doneBefore + Math.Min(done + tileLength, length));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(tile);
        }
    }

    private static unsafe void FillDirect(
        MappingRange range, byte value, long start, long length, long doneBefore, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        var first = range.Offset + start;
        for (var done = 0L; done < length;)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = (int)Math.Min(DirectPiece, length - done);
            using (var lease = range.Mapping.Lease(first + done, part, ShmProtection.Write))
            {
                FirstTouch.Require(range.Mapping, lease.Address, part);
                new Span<byte>((void*)lease.Address, part).Fill(value);
                range.Mapping.ThrowIfLost(first + done, part, ShmProtection.Write, doneBefore + done);
            }

            done += part;
            progress?.Report(doneBefore + done);
        }
    }
}
