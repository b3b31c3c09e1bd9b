using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Finds queues and shows what is in them.</summary>
[Cmdlet(VerbsCommon.Get, "ShmQueue", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmQueue))]
public sealed class GetShmQueueCommand : GetCollectionCmdlet
{
    private protected override string What => "a queue";

    private protected override void Open(ShmSegment segment) => WriteRow(ShmQueue.Open(segment));
}
