using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Turns what came from elsewhere as a bag of properties back into segments: over SSH, for instance, sessions know only
/// PowerShell's own types. The binder would otherwise take the bag's Name for a name here, and nothing would check
/// whether it still means the same segment, or one of another host.
/// </summary>
public sealed class DeserializedSegmentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        inputData is PSObject { BaseObject: PSCustomObject } bag && TravelledObject.Was(bag, typeof(ShmSegment))
            ? Conversion.To<ShmSegment>(bag)
            : inputData;
}
