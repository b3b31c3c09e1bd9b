using System;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Finds segments that nobody will come back for.</summary>
[Cmdlet(VerbsCommon.Find, "ShmOrphan")]
[OutputType(typeof(ShmStat))]
public sealed class FindShmOrphanCommand : ShmCmdlet
{
    [Parameter(Position = 0)]
    public TimeSpan OlderThan { get; set; }

    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(OwnerCompleter))]
    public string[]? Owner { get; set; }

    [Parameter]
    public ShmKind[]? Kind { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () =>
    {
        var patterns = Owner?.Select(static owner => WildcardPattern.Get(owner, WildcardOptions.None)).ToArray();
        var candidates = SegmentIndex.OfHost().Segments
            .Where(segment => Kind is null || Kind.Contains(segment.Kind))
            .Where(segment => patterns is null || patterns.Any(pattern => pattern.IsMatch(segment.Owner)))
            .ToArray();
        var judged = ProcessPass.Run(
            this,
            "Looking for orphans",
            progress => ShmOrphans.Judge(candidates, OlderThan, progress, Cancellation).ToArray(),
            Cancellation);
        foreach (var stat in judged)
        {
            if (stat.IsOrphan)
            {
                WriteObject(stat);
            }
            else
            {
                WriteVerbose($"{stat} isn't an orphan: {stat.Evidence[^1]}");
            }
        }
    });
}
