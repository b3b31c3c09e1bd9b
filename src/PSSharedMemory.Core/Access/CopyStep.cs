using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>What a part of a copy takes.</summary>
internal enum CopyWork
{
    /// <summary>The bytes are copied.</summary>
    Copy,

    /// <summary>The source is zeros without pages: the destination's are cleared.</summary>
    Clear,

    /// <summary>Both are.</summary>
    Nothing,
}

/// <summary>
/// A part of a copy between ranges with holes. It reads no hole of the source, which would give it pages.
/// </summary>
/// <param name="Offset">Bytes from the start of both ranges.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Work">What it takes.</param>
internal readonly record struct CopyStep(long Offset, long Length, CopyWork Work)
{
    /// <summary>The steps of a whole copy, in the order in which they are made.</summary>
    /// <param name="length">Bytes of the copy.</param>
    /// <param name="source">The parts of the source that have pages, in order.</param>
    /// <param name="destination">The same of the destination; null if that isn't known.</param>
    /// <param name="isBackward">Whether the last comes first.</param>
    public static List<CopyStep> Plan(
        long length, IReadOnlyList<ShmRun> source, IReadOnlyList<ShmRun>? destination, bool isBackward)
    {
        var steps = new List<CopyStep>();
        var clears = new RunCursor(destination ?? [new ShmRun(0, length)]);
        var copies = new RunCursor(source);
        for (var at = 0L; at < length;)
        {
            var (isCopied, end) = copies.At(at, length);
            var (isCleared, clearEnd) = clears.At(at, length);
            end = isCopied ? end : Math.Min(end, clearEnd);
            steps.Add(new CopyStep(
                at, end - at, isCopied ? CopyWork.Copy : isCleared ? CopyWork.Clear : CopyWork.Nothing));
            at = end;
        }

        if (isBackward)
        {
            steps.Reverse();
        }

        return steps;
    }

    /// <summary>Goes through runs in order.</summary>
    private struct RunCursor(IReadOnlyList<ShmRun> runs)
    {
        private int _next;

        /// <summary>Whether a place lies in a run, and how far that goes on.</summary>
        public (bool IsWithin, long End) At(long place, long length)
        {
            while (_next < runs.Count && runs[_next].Offset + runs[_next].Length <= place)
            {
                _next++;
            }

            if (_next == runs.Count)
            {
                return (false, length);
            }

            var run = runs[_next];
            return run.Offset <= place
                ? (true, Math.Min(run.Offset + run.Length, length))
                : (false, Math.Min(run.Offset, length));
        }
    }
}
