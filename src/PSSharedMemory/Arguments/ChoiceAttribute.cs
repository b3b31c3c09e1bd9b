using System;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Takes one or more values of an enumeration in all forms that PowerShell knows, as their text. Parameters whose
/// values need a word of explanation are text: PowerShell completes an enumeration by itself, without any.
/// </summary>
/// <param name="type">The enumeration.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ChoiceAttribute(Type type) : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        try
        {
            return $"{Conversion.To(inputData, type)}";
        }
        catch (PSInvalidCastException error)
        {
            throw new ArgumentTransformationMetadataException(PrintableText.Of(error.Message), error);
        }
    }

    /// <summary>The value of a text that was taken; that of 0 where none was.</summary>
    internal static T Of<T>(string? text)
        where T : struct, Enum => string.IsNullOrEmpty(text) ? default : Enum.Parse<T>(text);
}
