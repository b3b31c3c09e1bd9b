using System;
using System.Linq;
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
    /// <summary>Whether the parameter is an array, each element of which is one value.</summary>
    public bool IsList { get; init; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        try
        {
            return !IsList ? $"{Conversion.To(OfC(inputData), type)}"
                : LanguagePrimitives.GetEnumerable(inputData) is { } many and not string
                    ? many.Cast<object>().SelectMany(Each).Select(One).ToArray()
                    : Each(inputData).Select(One).ToArray();
        }
        catch (PSInvalidCastException error)
        {
            throw new ArgumentTransformationMetadataException(PrintableText.Of(error.Message), error);
        }
    }

    /// <summary>The values of texts that were taken; null where none was.</summary>
    internal static T[]? ListOf<T>(string[]? texts)
        where T : struct, Enum => texts?.Select(Enum.Parse<T>).ToArray();

    // A script gets 'SysV,Posix' as one argument from another shell.
    private static object[] Each(object item) => ((item as PSObject)?.BaseObject ?? item) is string text
        ? text.Split(',', StringSplitOptions.TrimEntries)
        : [item];

    private string One(object item) => $"{Conversion.To(item, type)}";

    // 'PROT_READ|PROT_WRITE', 'MADV_WILLNEED' and 'F_SEAL_FUTURE_WRITE', as C has them, are 'Read, Write', 'WillNeed'.
    private static object OfC(object input)
    {
        var plain = (input as PSObject)?.BaseObject ?? input;
        var text = plain is object[] list && list.All(static one => one is string) ? string.Join(',', list)
            : plain as string;
        if (text is null)
        {
            return input;
        }

        var words = text.Split('|', ',').Select(static word => word.Trim()).ToArray();
        return words.All(static word => Prefixes.Any(word.StartsWith))
            ? string.Join(", ", words.Select(static word =>
                word[Prefixes.First(word.StartsWith).Length..].Replace("_", "", StringComparison.Ordinal) switch
                {
                    "EXEC" when word.StartsWith("PROT_", StringComparison.Ordinal) => nameof(ShmProtection.Execute),
                    var name => name,
                }))
            : input;
    }

    private static readonly string[] Prefixes = ["PROT_", "MADV_", "F_SEAL_"];

    /// <summary>The value of a text that was taken; that of 0 where none was.</summary>
    internal static T Of<T>(string? text)
        where T : struct, Enum => string.IsNullOrEmpty(text) ? default : Enum.Parse<T>(text);
}
