using System;
using System.Collections.Generic;
using System.Numerics;
using System.Threading;

namespace PSSharedMemory;

/// <content>Comparing.</content>
public abstract partial class ShmRange
{
    // Runs noted under one lease.
    private const int RunsAtOnce = 1024;

    // Equal bytes are skipped in steps of this size, which fit into the first-level cache.
    private const int EqualStep = 4096;

    /// <summary>
    /// Finds every run of bytes in which two ranges differ, each as long as possible: the bytes before and after it are
    /// equal. What only the longer range has is the last run.
    /// </summary>
    /// <param name="other">The other range.</param>
    /// <param name="progress">Receives the number of bytes compared so far.</param>
    /// <param name="cancellation">Checked between pieces.</param>
    /// <exception cref="ShmException">
    /// MappingDismounted, PageNotMapped, PageProtected: before the first run; SegmentTruncated, NoSpace.
    /// </exception>
    public IEnumerable<ShmRun> FindDifferences(
        ShmRange other, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        Check(ShmProtection.Read);
        other.Check(ShmProtection.Read);
        return FindAllDifferences(other, progress, cancellation);
    }

    private IEnumerable<ShmRun> FindAllDifferences(
        ShmRange other, IProgress<long>? progress, CancellationToken cancellation)
    {
        var common = Math.Min(Length, other.Length);
        var state = new Comparison(new ShmRun[RunsAtOnce]);
        var (data, otherData) = (FindData(DataUse.Look), other.FindData(DataUse.Look));
        while (state.Position < common)
        {
            cancellation.ThrowIfCancellationRequested();
            if (data is not null && otherData is not null && state.OpenRun < 0)
            {
                // Where neither has pages, both are zeros.
                var next = Math.Min(
                    NextData(data, state.Position)?.Offset ?? common,
                    NextData(otherData, state.Position)?.Offset ?? common);
                state.Position = Math.Max(state.Position, next);
                if (state.Position >= common)
                {
                    break;
                }
            }

            FindSomeDifferences(other, common, ref state);
            progress?.Report(state.Position);
            for (var i = 0; i < state.Count; i++)
            {
                yield return state.Runs[i];
            }
        }

        if (state.OpenRun >= 0)
        {
            yield return new ShmRun(state.OpenRun, common - state.OpenRun);
        }

        if (Length != other.Length)
        {
            yield return new ShmRun(common, Math.Max(Length, other.Length) - common);
        }
    }

    private void FindSomeDifferences(ShmRange other, long common, ref Comparison state)
    {
        var length = (int)Math.Min(Math.Min(Piece, other.Piece), common - state.Position);
        using var views = new TwoViews(this, other, state.Position, length);
        state.Count = 0;
        var done = 0;
        while (done < length && state.Count < state.Runs.Length)
        {
            var left = views.Left[done..];
            var right = views.Right[done..];
            if (state.OpenRun < 0)
            {
                done += LengthOfEqual(left, right);
                if (done < length)
                {
                    state.OpenRun = state.Position + done;
                }
            }
            else
            {
                done += LengthOfDifferent(left, right);
                if (done < length)
                {
                    state.Runs[state.Count++] = new ShmRun(state.OpenRun, state.Position + done - state.OpenRun);
                    state.OpenRun = -1;
                }
            }
        }

        views.ThrowIfLost();
        state.Position += done;
    }

    private static int LengthOfEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var done = 0;
        while (left.Length - done >= EqualStep
            && left.Slice(done, EqualStep).SequenceEqual(right.Slice(done, EqualStep)))
        {
            done += EqualStep;
        }

        return done + left[done..].CommonPrefixLength(right[done..]);
    }

    private static int LengthOfDifferent(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var done = 0;
        for (; left.Length - done >= Vector<byte>.Count; done += Vector<byte>.Count)
        {
            if (Vector.EqualsAny(new Vector<byte>(left[done..]), new Vector<byte>(right[done..])))
            {
                break;
            }
        }

        while (done < left.Length && left[done] != right[done])
        {
            done++;
        }

        return done;
    }

    /// <summary>How far a comparison has come.</summary>
    private struct Comparison(ShmRun[] runs)
    {
        public ShmRun[] Runs = runs;

        /// <summary>The runs that ended in this piece.</summary>
        public int Count;

        public long Position;

        /// <summary>Where the run began that hasn't ended yet; -1 if there is none.</summary>
        public long OpenRun = -1;
    }
}
