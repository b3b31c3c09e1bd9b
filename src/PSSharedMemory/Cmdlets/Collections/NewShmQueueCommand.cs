using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes a queue.</summary>
[Cmdlet(VerbsCommon.New, "ShmQueue", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmQueue))]
public sealed class NewShmQueueCommand : NewCollectionCmdlet
{
    private protected override string Noun => "queue";

    private protected override long SegmentSize(long capacity) => ShmQueue.SegmentSize(capacity);

    private protected override object Create(ShmSegment segment) => ShmQueue.Create(segment);

    private protected override object Open(ShmSegment segment) => ShmQueue.Open(segment);
}
