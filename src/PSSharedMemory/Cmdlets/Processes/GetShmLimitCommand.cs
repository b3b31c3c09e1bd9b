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
        if (limits.Any(limit => ShmBalances.NeedsScan(limit.Name) && wanted.Take(limit.Name)))
        {
            var scan = ProcessPass.Run(
                this,
                "Looking for holders",
                progress => ShmAttachments.Scan(null, null, withUsage: false, progress, Cancellation),
                Cancellation);
            limits = ShmLimits.Read(scan, Cancellation);
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
