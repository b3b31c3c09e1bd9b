using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Looks at a mutex without touching it.</summary>
[Cmdlet(VerbsCommon.Get, "ShmMutex", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmMutexInfo))]
public sealed class GetShmMutexCommand : MappingTargetCmdlet
{
    [Parameter(Position = 1)]
    public long Offset { get; set; }

    private protected override string[] OwnPositions => [nameof(Offset)];

    private protected override ShmProtection Need => ShmProtection.Read;

    private protected override void Serve(ShmMapping mapping) =>
        WriteObject(ShmMutexInfo.Look(mapping, GivenHandle<ShmMutex>()?.Offset ?? Offset));
}
