using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Removes segments that are provably unused at that moment.</summary>
public static class ShmRemoval
{
    /// <summary>Looks for the holders of segments that are going to be removed, in one pass for all of them.</summary>
    /// <param name="segments">The segments.</param>
    /// <param name="progress">Receives the progress of the pass.</param>
    /// <param name="cancellation">Ends the pass.</param>
    /// <returns>
    /// Gives what was found of one; throws SegmentNotFound or IdentityChanged where it's gone or another has its name
    /// or id.
    /// </returns>
    public static Func<ShmSegment, ShmStat> Inspect(
        IReadOnlyCollection<ShmSegment> segments, ShmScanProgress? progress = null,
        CancellationToken cancellation = default)
    {
        var found = ShmStats.Read(segments, progress: progress, cancellation: cancellation)
            .ToDictionary(SegmentKey.Of);
        return segment => found.TryGetValue(SegmentKey.Of(segment), out var stat) && stat.IsSame(segment)
            ? stat
            : throw Gone(segment);
    }

    /// <summary>
    /// Removes a segment that <see cref="ShmStats"/> has just found unattached. A POSIX object is removed under the
    /// kernel's lease where this user may take one: nobody opens it in between.
    /// </summary>
    /// <exception cref="ShmException">
    /// SegmentInUse: somebody holds it, or might. SegmentNotFound, IdentityChanged, AccessDenied, NotSupportedByKind
    /// (memfd).
    /// </exception>
    public static void RemoveUnused(ShmStat stat)
    {
        Check(stat);
        if (stat.Kind == ShmKind.Posix)
        {
            using var lease = PosixLease.TryTake(stat, out var isHeld);
            if (isHeld == true)
            {
                throw InUse(stat, "the kernel says that somebody has it open");
            }

            if (lease is { IsContested: true })
            {
                throw InUse(stat, "another process is opening it right now");
            }

            ShmSegments.Remove(stat);
            return;
        }

        if (stat.Kind == ShmKind.SysV && SysVSegments.Stat(stat) is { AttachCount: not 0 } now && now.IsSame(stat))
        {
            throw InUse(stat, "it was attached just now");
        }

        ShmSegments.Remove(stat);
    }

    /// <summary>
    /// Throws if an orphan shows a sign of use since it was found: nobody holds it now, but somebody comes back for it.
    /// </summary>
    /// <exception cref="ShmException">SegmentInUse; SegmentNotFound, IdentityChanged.</exception>
    public static void CheckUntouched(ShmSegment found)
    {
        if (found is not ShmStat { IsOrphan: true })
        {
            return;
        }

        // One call for a System V segment, where looking it up would read the whole table for each of thousands.
        var now = found.Kind == ShmKind.SysV ? SysVSegments.Stat(found) : ShmSegments.Refresh(found);
        if (ShmOrphans.IsUsedSince(found, now))
        {
            throw new ShmException(
                ShmErrorId.SegmentInUse,
                $"Cannot remove {found}: it was used after it was judged an orphan{OrSo(found, now)}.",
                found);
        }
    }

    // Where the fractions of a second got lost on the way.
    private static string OrSo(ShmSegment found, ShmSegment now) =>
        now.ChangeTime - found.ChangeTime < TimeSpan.FromSeconds(1)
            && found.ChangeTime?.Ticks % TimeSpan.TicksPerSecond == 0
            ? ", or shortly before: a CSV has whole seconds only, so judge it again"
            : "";

    /// <summary>Throws unless the segment was found unattached.</summary>
    /// <exception cref="ShmException">SegmentInUse.</exception>
    public static void Check(ShmStat stat)
    {
        switch (stat.Verdict)
        {
            case ShmVerdict.Unattached:
                return;
            case ShmVerdict.RemovalPending:
                throw InUse(stat, "it is already removed, and still held");
            case ShmVerdict.InUse:
                throw InUse(stat, stat.HolderCount is { } count
                    ? $"{count} {(count == 1 ? "process holds" : "processes hold")} it"
                    : "processes hold it, not all of which can be seen");
            default:
                throw InUse(stat, "it is unknown whether anyone holds it: " + string.Join(" ", stat.Evidence));
        }
    }

    // Looking it up again says which it is.
    private static ShmException Gone(ShmSegment segment)
    {
        ShmSegments.Refresh(segment);
        return ShmSegments.IdentityChanged(segment);
    }

    private static ShmException InUse(ShmSegment segment, string why) => new(
        ShmErrorId.SegmentInUse, $"Cannot remove {segment}: {why}.", segment);
}
