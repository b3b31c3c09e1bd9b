using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Looks at a semaphore without touching it.</summary>
[Cmdlet(VerbsCommon.Get, "ShmSemaphore", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSemaphoreInfo))]
public sealed class GetShmSemaphoreCommand : MappingTargetCmdlet
{
    [Parameter(Position = 1)]
    public long Offset { get; set; }

    private protected override string[] OwnPositions => [nameof(Offset)];

    private protected override ShmProtection Need => ShmProtection.Read;

    private protected override void Serve(ShmMapping mapping) =>
        WriteObject(ShmSemaphoreInfo.Look(mapping, GivenHandle<ShmSemaphore>()?.Offset ?? Offset));
}
