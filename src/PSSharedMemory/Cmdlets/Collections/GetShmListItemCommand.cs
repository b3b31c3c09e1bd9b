using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Reads a list in a segment from its head on.</summary>
[Cmdlet(VerbsCommon.Get, "ShmListItem", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmListItem))]
public sealed class GetShmListItemCommand : MappingTargetCmdlet
{
    private protected override ShmProtection Need => ShmProtection.Read;

    private protected override void Serve(ShmMapping mapping)
    {
        foreach (var item in ShmList.Open(mapping).Items())
        {
            Cancellation.ThrowIfCancellationRequested();
            WriteObject(item);
        }
    }
}
