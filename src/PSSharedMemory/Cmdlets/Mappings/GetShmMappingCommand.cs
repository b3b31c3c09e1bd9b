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
    public object[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Name is null)
        {
            WriteObject(LiveMappings.All, enumerateCollection: true);
            return;
        }

        foreach (var name in Name)
        {
            Attempt(name, () => WriteObject(
                TargetFinder.FindMappings(name, isPattern: !MyInvocation.ExpectingInput), enumerateCollection: true));
        }
    }
}
