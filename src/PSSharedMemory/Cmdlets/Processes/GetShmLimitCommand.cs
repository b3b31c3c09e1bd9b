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
    protected override void EndProcessing()
    {
        var wanted = new NamePatterns(Name);
        foreach (var limit in ShmLimits.Read())
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
    }
}
