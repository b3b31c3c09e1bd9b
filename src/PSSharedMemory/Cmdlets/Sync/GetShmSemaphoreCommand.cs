using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Looks at a semaphore without touching it.</summary>
[Cmdlet(VerbsCommon.Get, "ShmSemaphore", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSemaphoreInfo))]
public sealed class GetShmSemaphoreCommand : SyncInfoCmdlet
{
    private protected override long? HandleOffset => GivenHandle<ShmSemaphore>()?.Offset;

    private protected override object Look(ShmMapping mapping, long offset) => ShmSemaphoreInfo.Look(mapping, offset);
}
