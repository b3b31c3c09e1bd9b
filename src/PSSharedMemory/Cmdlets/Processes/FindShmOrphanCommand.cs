using System;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Finds segments that nobody will come back for.</summary>
[Cmdlet(VerbsCommon.Find, "ShmOrphan")]
[OutputType(typeof(ShmStat))]
public sealed class FindShmOrphanCommand : ShmCmdlet
{
    [Parameter]
    [Age]
    [ArgumentCompleter(typeof(AgeCompleter))]
    public TimeSpan OlderThan { get; set; } = TimeSpan.FromHours(1);

    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(OwnerCompleter))]
    public string[]? Owner { get; set; }

    [Parameter]
    public ShmKind[]? Kind { get; set; }

    [Parameter]
    public SwitchParameter IncludeSemaphore { get; set; }

    /// <summary>
    /// Process ids, container ids or beginnings of them, pod names, what Get-ShmNamespace gives, or "*".
    /// </summary>
    [Parameter(ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    public object[]? Namespace { get; set; }

    private NamespaceScope? _scope;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var argument in Namespace ?? [])
        {
            _scope ??= new NamespaceScope(Attempt, WriteError);
            _scope.Add(argument);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () =>
    {
        if (_scope is { IsEverywhere: true })
        {
            NamespaceBlindness.Tell(_scope.Map, WriteWarning);
        }
        else if (_scope is { Places.Count: 0 } || (_scope is null && MyInvocation.ExpectingInput))
        {
            return;
        }

        var candidates = (_scope?.Segments ?? ListHost(Kind))
            .Where(segment => SegmentFilter.IsOf(segment, Owner, Kind))
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
                WriteObject(stat);
            }
            else
            {
                WriteVerbose($"{stat} isn't an orphan: {stat.Evidence[^1]}");
            }
        }
    });
}
