using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <content>Searching.</content>
public abstract partial class ShmRange
{
    // Hits noted under one lease; the caller gets them once it has ended.
    private const int HitsAtOnce = 4096;

    /// <summary>
    /// Finds every place where the bytes are, overlapping ones too, in order and as they are found. Memory that other
    /// processes change meanwhile is seen as it was when the search got there.
    /// </summary>
    /// <param name="pattern">One byte or more.</param>
    /// <param name="alignment">Only places whose offset is a multiple of this many bytes.</param>
    /// <param name="origin">Added to an offset before its alignment is judged: where the range itself begins.</param>
    /// <param name="progress">Receives the number of bytes searched so far.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    /// <returns>Offsets in bytes from the start of the range.</returns>
    /// <exception cref="ShmException">
    /// MappingDismounted, PageNotMapped, PageProtected: before the first place; SegmentTruncated, NoSpace.
    /// </exception>
    public IEnumerable<long> Find(
        ReadOnlyMemory<byte> pattern, int alignment = 1, long origin = 0, IProgress<long>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pattern.Length);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(alignment);
        Check(ShmProtection.Read);
        return FindAll(pattern, alignment, origin, progress, cancellation);
    }

    private IEnumerable<long> FindAll(
        ReadOnlyMemory<byte> pattern, int alignment, long origin, IProgress<long>? progress,
        CancellationToken cancellation)
    {
        var needle = new Needle(pattern);
        var hits = new long[HitsAtOnce];
        var position = 0L;

        // What has no pages is zeros: only a pattern of nothing but zeros is there.
        var data = pattern.Span.IndexOfAnyExcept((byte)0) < 0 ? null : FindData(DataUse.Look);
        while (position <= Length - pattern.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            var end = Length;
            if (data is not null)
            {
                if (NextData(data, position) is not { } run)
                {
                    break;
                }

                position = Math.Max(position, run.Offset - pattern.Length + 1);
                end = Math.Min(Length, run.Offset + run.Length + pattern.Length - 1);
            }

            var count = FindSome(needle, alignment, origin, hits, end, ref position);
            progress?.Report(position);
            for (var i = 0; i < count; i++)
            {
                yield return hits[i];
            }
        }
    }

    /// <summary>Searches one piece, up to its end or until there is no more room for hits.</summary>
    private int FindSome(Needle needle, int alignment, long origin, Span<long> hits, long end, ref long position)
    {
        // The piece ends with the last place that lies wholly in it; the next begins right after that place.
        var length = (int)Math.Min(Math.Max(Piece, Math.Min(needle.Length * 2L, Array.MaxLength)), end - position);
        using var view = new View(this, position, length);
        var count = 0;
        var start = 0;
        while (needle.IndexIn(view.Bytes, start) is var index and >= 0)
        {
            // The next place that may count: among zeros, a page of zeros stands at every byte.
            var beyond = (int)((origin + position + index) % alignment);
            start = (int)Math.Min(index + (long)alignment - beyond, int.MaxValue);
            if (beyond != 0)
            {
                continue;
            }

            hits[count++] = position + index;
            if (count == hits.Length)
            {
                view.ThrowIfLost();
                position += start;
                return count;
            }
        }

        view.ThrowIfLost();
        position += length - needle.Length + 1;
        return count;
    }

    /// <summary>
    /// What is searched for. Zeros, spaces and 0xFF at its ends are common in memory and would match everywhere: the
    /// rest is searched for, and the whole compared where that is found.
    /// </summary>
    private readonly struct Needle
    {
        private const string Common = "\0\xFF ";

        private readonly ReadOnlyMemory<byte> _whole;
        private readonly int _coreStart;
        private readonly int _coreLength;

        public Needle(ReadOnlyMemory<byte> whole)
        {
            _whole = whole;
            var bytes = whole.Span;
            var first = 0;
            while (first < bytes.Length && Common.Contains((char)bytes[first]))
            {
                first++;
            }

            var end = bytes.Length;
            while (end > first && Common.Contains((char)bytes[end - 1]))
            {
                end--;
            }

            (_coreStart, _coreLength) = first == end ? (0, bytes.Length) : (first, end - first);
        }

        public int Length => _whole.Length;

        /// <summary>The first place at or behind the start, or -1.</summary>
        public int IndexIn(ReadOnlySpan<byte> bytes, int start)
        {
            var whole = _whole.Span;
            var core = whole.Slice(_coreStart, _coreLength);
            for (var last = bytes.Length - whole.Length; start <= last; start++)
            {
                var searched = bytes[(start + _coreStart)..(last + _coreStart + _coreLength)];
                var index = searched.IndexOf(core);
                if (index < 0)
                {
                    return -1;
                }

                start += index;
                if (bytes.Slice(start, whole.Length).SequenceEqual(whole))
                {
                    return start;
                }
            }

            return -1;
        }
    }
}
