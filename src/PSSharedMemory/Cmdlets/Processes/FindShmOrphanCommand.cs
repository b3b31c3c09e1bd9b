using System;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Finds segments that nobody will come back for.</summary>
[Cmdlet(VerbsCommon.Find, "ShmOrphan")]
[OutputType(typeof(ShmStat))]
public sealed class FindShmOrphanCommand : PipedNamespaceCmdlet
{
    [Parameter]
    [Age]
    [ArgumentCompleter(typeof(AgeCompleter))]
    public TimeSpan OlderThan { get; set; } = TimeSpan.FromHours(1);

    [Parameter]
    [SupportsWildcards]
    [OwnerPattern]
    [ArgumentCompleter(typeof(OwnerCompleter))]
    public string[]? Owner { get; set; }

    [Parameter]
    [Choice(typeof(ShmKind), IsList = true)]
    [ArgumentCompleter(typeof(KindCompleter))]
    public string[]? Kind { get; set; }

    private ShmKind[]? Kinds => ChoiceAttribute.ListOf<ShmKind>(Kind);

    [Parameter]
    public SwitchParameter IncludeSemaphore { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () =>
    {
        if (Scope is { IsEverywhere: true })
        {
            NamespaceBlindness.Tell(Scope.Map, WriteWarning);
        }
        else if (IsNowhere)
        {
            return;
        }

        TellUnlisted(Kinds);
        var candidates = (Scope?.Segments ?? ListHost(Kinds))
            .Where(segment => SegmentFilter.IsOf(segment, Owner, Kinds))
            .ToArray();
        var judged = ScanWithProgress.Run(
            this,
            "Looking for orphans",
            progress => ShmOrphans.Judge(candidates, OlderThan, IncludeSemaphore, progress, Cancellation).ToArray(),
            Cancellation);
        foreach (var stat in judged)
        {
            if (stat.IsOrphan == true)
            {
                WriteRow(stat);
            }
            else
            {
                WriteVerbose(
                    $"{stat} {(stat.IsOrphan is null ? "is left out" : "isn't an orphan")}: {stat.Evidence[^1]}");
            }
        }

        var undecided = judged.Count(static stat => stat.IsOrphan is null);
        if (undecided > 0)
        {
            WriteWarning(
                $"Could not judge {Words.Count(undecided, "segment")}: who holds {(undecided == 1 ? "it" : "them")}, "
                    + "or whether the creator still runs, cannot be seen from here. -Verbose says more about each; "
                    + "run as root on the host to see it.");
        }
    });
}
