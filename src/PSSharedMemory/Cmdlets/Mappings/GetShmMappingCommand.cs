using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Lists the live mappings of this process.</summary>
[Cmdlet(VerbsCommon.Get, "ShmMapping")]
[OutputType(typeof(ShmMapping))]
public sealed class GetShmMappingCommand : ShmCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing() => WriteObject(LiveMappings.All, enumerateCollection: true);
}
