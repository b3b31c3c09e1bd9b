using System;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Segments joined with who holds them.</summary>
[Cmdlet(VerbsCommon.Get, "ShmStat", DefaultParameterSetName = ParameterSets.All)]
[OutputType(typeof(ShmStat))]
public sealed class GetShmStatCommand : SegmentQueryCmdlet
{
    private protected override void Answer()
    {
        var segments = Current() ?? [.. ListHost(Kind)
            .OrderBy(static segment => segment.Kind).ThenBy(static segment => segment.Id)
            .ThenBy(static segment => segment.Name, StringComparer.Ordinal)];
        var stats = ScanWithProgress.Run(
            this,
            "Looking for holders",
            // What each attachment takes is asked for a few segments, not for all of a host.
            progress => ShmStats.Read(segments, withUsage: HasTarget, progress, Cancellation),
            Cancellation);
        foreach (var stat in stats.Where(IsWanted))
        {
            WriteObject(stat);
        }
    }
}
