using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace PSSharedMemory;

/// <summary>The condition to wait for.</summary>
public enum ShmAwaited : long
{
    /// <summary>That it is there.</summary>
    Presence,

    /// <summary>That it is gone.</summary>
    Absence,

    /// <summary>That it is there, and nobody holds it.</summary>
    Disuse,
}

/// <summary>
/// Waits until segments are there, gone or unused; several waits share one end. Looks again after 1 ms at first and
/// after 50 ms in the end.
/// </summary>
/// <param name="awaited">The condition to wait for.</param>
/// <param name="timeout">How long from now; null for ever, 0 to look once.</param>
public sealed class ShmSegmentWait(ShmAwaited awaited, TimeSpan? timeout)
{
    // Without a lease, each look at who holds a segment is a pass over all processes.
    private static readonly TimeSpan PauseBetweenPasses = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private readonly Deadline _deadline = new Deadline(timeout);

    /// <summary>Waits for what a look finds.</summary>
    /// <param name="subject">What is looked for, as a message calls it.</param>
    /// <param name="look">
    /// Finds it; none where it isn't there, as SegmentNotFound and IdentityChanged say too.
    /// </param>
    /// <param name="cancellation">Ends the wait at once.</param>
    /// <returns>What is there; none when it was waited for to go.</returns>
    /// <exception cref="ShmException">
    /// WaitTimeout; SegmentNotFound: it went while it was waited for to be unused; and what the look throws.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public IReadOnlyList<ShmSegment> For(
        object? subject, Func<IReadOnlyList<ShmSegment>> look, CancellationToken cancellation = default)
    {
        var pause = TimeSpan.FromMilliseconds(1);
        var wasThere = false;
        while (true)
        {
            var found = Found(look);
            var isPass = false;
            if (awaited == ShmAwaited.Disuse && wasThere && found.Count == 0)
            {
                throw new ShmException(
                    ShmErrorId.SegmentNotFound, $"Stopped waiting for {subject} to be unused: it is gone.", subject);
            }

            wasThere |= found.Count > 0;
            var isMet = awaited switch
            {
                ShmAwaited.Absence => found.Count == 0,
                ShmAwaited.Disuse =>
                    found.Count > 0 && found.All(segment => IsUnused(segment, out isPass, cancellation)),
                _ => found.Count > 0,
            };
            if (isMet)
            {
                return found;
            }

            if (_deadline.HasPassed)
            {
                throw new ShmException(
                    ShmErrorId.WaitTimeout,
                    $"Timed out after {Deadline.Seconds(timeout!.Value)} waiting {Purpose(subject, found.Count)}.",
                    subject);
            }

            cancellation.WaitHandle.WaitOne(_deadline.Slice(isPass ? PauseBetweenPasses : pause));
            cancellation.ThrowIfCancellationRequested();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private string Purpose(object? subject, int count) => awaited switch
    {
        ShmAwaited.Absence => $"until {subject} is gone",
        ShmAwaited.Disuse when count == 0 => $"for {subject} to be unused: it is not there",
        ShmAwaited.Disuse => $"until {subject} is unused",
        _ => $"for {subject}",
    };

    // The kernel's own count or its lease tells at once; where neither may be asked, all processes are looked at.
    private static bool IsUnused(ShmSegment segment, out bool isPass, CancellationToken cancellation)
    {
        isPass = false;
        if (segment.Kind == ShmKind.SysV)
        {
            return segment.AttachCount == 0;
        }

        if (IsHeld(segment) is { } isHeld)
        {
            return !isHeld;
        }

        isPass = true;
        return ShmStats.Read([segment], cancellation: cancellation) is [{ Verdict: ShmVerdict.Unattached }];
    }

    private static IReadOnlyList<ShmSegment> Found(Func<IReadOnlyList<ShmSegment>> look)
    {
        try
        {
            return look();
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.IdentityChanged)
        {
            // Gone or replaced: that is the answer.
            return [];
        }
    }

    private static bool? IsHeld(ShmSegment segment)
    {
        try
        {
            return segment.Kind == ShmKind.Posix ? PosixLease.IsHeld(segment) : null;
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.IdentityChanged)
        {
            // The next look says that it is gone.
            return true;
        }
    }
}
