using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Refuses what PowerShell converts to seconds that nobody means: '' is 0 for it, '1,5' is 15, and $true is 1.
/// Everything else is left to the binder.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecondsAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        PlainObject.Of(inputData) switch
        {
            string text when string.IsNullOrWhiteSpace(text) =>
                throw new ArgumentTransformationMetadataException("An empty text isn't a number of seconds."),
            string text when text.Contains(',', StringComparison.Ordinal) =>
                throw new ArgumentTransformationMetadataException(
                    $"'{text}' isn't a number of seconds. Fractions have a point: 1.5."),
            bool truth => throw new ArgumentTransformationMetadataException($"'{truth}' isn't a number of seconds."),
            _ => inputData,
        };
}
