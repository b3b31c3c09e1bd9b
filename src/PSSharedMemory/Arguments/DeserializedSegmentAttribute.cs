using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Makes segments again of what came from elsewhere as a bag of properties, as over SSH, whose sessions know no types
/// but PowerShell's own. The binder would otherwise take the bag's Name for a name here, and nothing would check
/// whether it still means the same segment, or one of another host.
/// </summary>
public sealed class DeserializedSegmentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        inputData is PSObject { BaseObject: PSCustomObject } bag && TravelledObject.Was(bag, typeof(ShmSegment))
            ? LanguagePrimitives.ConvertTo<ShmSegment>(bag)
            : inputData;
}
