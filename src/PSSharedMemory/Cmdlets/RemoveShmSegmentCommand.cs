using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Removes segments.</summary>
[Cmdlet(VerbsCommon.Remove, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class RemoveShmSegmentCommand : SegmentTargetCmdlet
{
    private protected override void Serve(ShmSegment segment)
    {
        if (ShouldProcess($"{segment}, {ShmDisplay.Size(segment.Size)}", "Remove shared memory segment"))
        {
            ShmSegments.Remove(segment);
        }
    }
}
