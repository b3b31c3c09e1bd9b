using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Takes the project of a key as ftok(3) users write it: a number, or the one character that C programs give.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ProjectIdAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        if (PlainObject.Of(inputData) is string { Length: 1 } text && !char.IsAsciiDigit(text[0]))
        {
            return (int)text[0];
        }

        WholeNumberAttribute.Check(inputData);
        return inputData;
    }
}
