using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Segments joined with their holders.</summary>
public static class ShmStats
{
    // A segment that is attached or detached during the pass gives a count that does not fit; looking again helps,
    // unless it happens all the time.
    private const int Looks = 3;

    /// <summary>Reads the segments and all processes, in one pass for all of them.</summary>
    /// <param name="segments">The segments that matter, or null for all of this host.</param>
    /// <param name="withUsage">Whether to read Rss, Pss and Swap too, which takes longer.</param>
    /// <param name="progress">Receives the progress of the pass.</param>
    /// <param name="cancellation">Ends the pass.</param>
    /// <returns>One for each segment, in their order; those that ended meanwhile are left out.</returns>
    public static IReadOnlyList<ShmStat> Read(
        IReadOnlyCollection<ShmSegment>? segments = null, bool withUsage = false, ShmScanProgress? progress = null,
        CancellationToken cancellation = default)
    {
        segments ??= [.. SegmentIndex.OfHost().Segments
            .OrderBy(static segment => segment.Kind).ThenBy(static segment => segment.Id)
            .ThenBy(static segment => segment.Name, System.StringComparer.Ordinal)];
        using var creators = new CreatorEvidence();
        Dictionary<SegmentKey, ShmStat> stats = [];
        List<ShmSegment> open = [.. segments];
        for (var look = 1; open.Count > 0; look++)
        {
            var scan = ShmAttachments.Scan(open, null, withUsage, progress, cancellation);
            var table = SysVPlace.ReadTables(open);
            List<ShmSegment> again = [];
            foreach (var segment in open)
            {
                var now = segment.Kind == ShmKind.SysV ? table(segment) : segment;
                if (now is null)
                {
                    continue;
                }

                var stat = Join(now, scan, creators);
                if (stat is null)
                {
                    continue;
                }

                stats[SegmentKey.Of(segment)] = stat;
                // Where processes cannot be read, the count won't fit the next time either.
                if (segment.Kind == ShmKind.SysV && stat.HolderCount is null && scan.IsComplete && look < Looks)
                {
                    again.Add(segment);
                }
            }

            open = again;
        }

        return [.. segments.Select(segment => stats.GetValueOrDefault(SegmentKey.Of(segment)))
            .OfType<ShmStat>().Distinct()];
    }

    private static ShmStat? Join(ShmSegment segment, AttachmentScan scan, CreatorEvidence creators)
    {
        List<ShmAttachment> attachments = [.. scan.Of(segment)];
        var processes = attachments.Select(static attachment => attachment.ProcessId).Distinct().Count();
        var facts = new HolderFacts
        {
            Kind = segment.Kind,
            IsRemoved = segment.IsRemoved,
            AttachCount = segment.AttachCount,
            Areas = attachments.Count(static attachment => attachment.Address is not null),
            Processes = processes,
            Unreadable = scan.UnreadableProcessIds.Count,
            HidesProcesses = scan.HidesProcesses,
            IsPrivileged = scan.IsPrivileged,
            IsHostView = scan.IsHostView,
        };

        // Finding none proves nothing: a descriptor can be under way in a socket, or pass from a process that is not
        // read yet to one that was. A lease makes others wait for a moment, so it is taken only here.
        if (segment.Kind == ShmKind.Posix && !segment.IsRemoved && processes == 0)
        {
            if (!TryAskKernel(segment, out var isHeld))
            {
                return null;
            }

            facts = facts with { KernelSaysHeld = isHeld };
        }

        return new ShmStat(segment, attachments, HolderFinding.Judge(facts))
        {
            IsCreatorAlive = creators.IsAlive(segment, scan.HidesProcesses),
        };
    }

    // False where it went meanwhile, or another took its name.
    private static bool TryAskKernel(ShmSegment segment, out bool? isHeld)
    {
        isHeld = null;
        try
        {
            isHeld = PosixLease.IsHeld(segment);
            return true;
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.IdentityChanged)
        {
            return false;
        }
    }
}
