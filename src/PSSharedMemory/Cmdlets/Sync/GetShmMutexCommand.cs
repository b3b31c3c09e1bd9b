using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Looks at a mutex without touching it.</summary>
[Cmdlet(VerbsCommon.Get, "ShmMutex", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmMutexInfo))]
public sealed class GetShmMutexCommand : SyncInfoCmdlet
{
    private protected override long? HandleOffset => GivenHandle<ShmMutex>()?.Offset;

    private protected override object Look(ShmMapping mapping, long offset) => ShmMutexInfo.Look(mapping, offset);
}
