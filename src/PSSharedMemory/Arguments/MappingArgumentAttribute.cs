using System;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Refuses a number where a mapping belongs with words: -m and -M are short for -Mapping here, and ids and keys for
/// ipcrm(1). All else is left to the binder.
/// </summary>
public sealed class MappingArgumentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        ((inputData as PSObject)?.BaseObject ?? inputData) is IFormattable and (int or long or uint) and var number
            ? throw new ArgumentTransformationMetadataException(string.Create(
                CultureInfo.InvariantCulture,
                $"{number} isn't a mapping. Did you mean -Id {number} or -Key 0x{number:x}?"))
            : inputData;
}
