using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Segments joined with their holders.</summary>
[Cmdlet(VerbsCommon.Get, "ShmStat", DefaultParameterSetName = ParameterSets.All)]
[OutputType(typeof(ShmStat))]
public sealed class GetShmStatCommand : SegmentQueryCmdlet
{
    private protected override void Answer()
    {
        var nameless = Kinds?.Any(static kind => kind is ShmKind.MemFd or ShmKind.Anonymous) == true;
        var segments = Current() ?? [.. ListHost(Kinds).Concat(nameless ? ListNameless() : [])
            .OrderBy(static segment => segment.Kind).ThenBy(static segment => segment.Id)
            .ThenBy(static segment => segment.Name, StringComparer.Ordinal)];
        var stats = ScanWithProgress.Run(
            this,
            "Looking for holders",
            // What each attachment takes is asked for a few segments, not for all of a host.
            progress => ShmStats.Read(segments, withUsage: HasTarget || nameless, progress, Cancellation),
            Cancellation);
        foreach (var stat in stats.Where(IsWanted))
        {
            WriteRow(stat);
        }
    }

    // They are known by their holders only, and each once however many processes share it.
    private IEnumerable<ShmSegment> ListNameless() => ScanWithProgress.Run(
        this,
        "Looking for memory without a name",
        progress => ShmAttachments.Scan(null, null, withUsage: false, progress, Cancellation),
        Cancellation).Attachments
        .Where(static found => found.Segment is { Kind: ShmKind.MemFd or ShmKind.Anonymous } && !found.IsRuntimeOwn())
        .Select(static found => found.Segment!)
        .Distinct();
}
