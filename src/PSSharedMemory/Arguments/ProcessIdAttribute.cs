using System;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Takes processes, attachments and rows with a ProcessId as the ids that they have.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ProcessIdAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var plain = PlainObject.Of(inputData);
        WholeNumberAttribute.Check(inputData);
        return plain switch
        {
            ShmSegment or ShmMapping or ShmDataRange or ShmQueue or ShmMutex
                or ShmSemaphore => throw new ArgumentTransformationMetadataException(
                "A segment isn't a process. Get-ShmAttachment shows which processes hold it."),
            ShmAttachment attachment => attachment.ProcessId,
            object[] many => many.Select(one => TargetFinder.ProcessIdOf(one) ?? one).ToArray(),
            _ => TargetFinder.ProcessIdOf(inputData) ?? inputData,
        };
    }
}
