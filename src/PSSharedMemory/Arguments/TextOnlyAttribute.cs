using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Keeps the binder from turning any object of the pipeline into a name: an object with an Id property, or a segment,
/// is then bound to the parameter it is meant for.
/// </summary>
public sealed class TextOnlyAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var input = PlainObject.Of(inputData);

        // The inner exception is what tells the pipeline's binder to try the next parameter.
        return input is PSCustomObject or ShmSegment or ShmMapping
            ? throw new ArgumentTransformationMetadataException(
                "A name is text.",
                new PSInvalidCastException($"An object of type {input.GetType().Name} isn't a name."))
            : inputData;
    }
}
