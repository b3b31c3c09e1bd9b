using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>The limits on shared memory and their use.</summary>
[Cmdlet(VerbsCommon.Get, "ShmLimit")]
[OutputType(typeof(ShmLimit))]
public sealed class GetShmLimitCommand : ShmCmdlet
{
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(LimitNameCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => Attempt(null, () =>
    {
        var wanted = new NamePatterns(Name);
        var limits = ShmLimits.Read();
        // A pass over all processes takes long: only where its answer is wanted.
        if (limits.Any(limit => limit is { PartOf: not null, Use: null } && wanted.Take(limit.Name)))
        {
            limits = ScanWithProgress.Run(
                this, "Looking for holders", progress => ShmLimits.Read(progress, Cancellation), Cancellation);
        }

        foreach (var limit in limits)
        {
            if (wanted.Take(limit.Name))
            {
                WriteObject(limit);
            }
        }

        foreach (var name in wanted.Missing)
        {
            WriteError(ErrorRecords.FromMissingName(name, "limit", "Get-ShmLimit | Select-Object Name"));
        }
    });
}
