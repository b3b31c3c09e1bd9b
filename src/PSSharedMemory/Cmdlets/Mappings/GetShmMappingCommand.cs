using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Lists the live mappings of this process: all, or those of some segments.</summary>
[Cmdlet(VerbsCommon.Get, "ShmMapping")]
[OutputType(typeof(ShmMapping))]
public sealed class GetShmMappingCommand : ShmCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MountedNameCompleter))]
    [NamePath]
    [TravelledDictionary]
    public object[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // A variable that was never set does not mean all.
        if (!MyInvocation.BoundParameters.ContainsKey(nameof(Name)))
        {
            WriteRows(LiveMappings.All);
            return;
        }

        foreach (var name in Name ?? [null!])
        {
            Attempt(name, () => WriteRows(
                TargetFinder.FindMappings(name, isPattern: !MyInvocation.ExpectingInput)));
        }
    }

    private void WriteRows(IEnumerable<ShmMapping> mappings)
    {
        foreach (var mapping in mappings)
        {
            WriteRow(mapping);
        }
    }
}
