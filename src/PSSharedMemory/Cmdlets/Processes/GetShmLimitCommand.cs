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
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var patterns = Name?.Select(static name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase)).ToArray();
        foreach (var limit in ShmLimits.Read())
        {
            if (patterns is null || patterns.Any(pattern => pattern.IsMatch(limit.Name)))
            {
                WriteObject(limit);
            }
        }
    }
}
