using System;
using System.Collections;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Refuses what PowerShell converts to a number that nobody means: '' is 0 for it, '1,2' is 12, $true is 1, and 2.5 or
/// '2.5' is 2. Everything else is left to the binder.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class WholeNumberAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        Check(inputData);
        return inputData;
    }

    /// <exception cref="ArgumentTransformationMetadataException">Somebody's slip.</exception>
    internal static void Check(object? input)
    {
        switch (PlainObject.Of(input))
        {
            case string text when text.Contains(',', StringComparison.Ordinal):
                throw Wrong($"'{text}' isn't a whole number. Give several as a list, without quotes: 1, 2.");
            case string text when string.IsNullOrWhiteSpace(text):
                throw Wrong("An empty text isn't a whole number.");
            case string text when LanguagePrimitives.TryConvertTo<double>(text, out var real) && HasFraction(real):
                throw Wrong($"'{text}' isn't a whole number.");
            case bool truth:
                throw Wrong($"'{truth}' isn't a whole number.");
            case double real when HasFraction(real):
                throw Wrong(FormattableString.Invariant($"'{real}' isn't a whole number."));
            case float real when HasFraction(real):
                throw Wrong(FormattableString.Invariant($"'{real}' isn't a whole number."));
            case decimal real when real != decimal.Truncate(real):
                throw Wrong(FormattableString.Invariant($"'{real}' isn't a whole number."));
            case IList many:
                foreach (var one in many)
                {
                    Check(one);
                }

                break;
        }
    }

    private static bool HasFraction(double real) => real != Math.Truncate(real);

    private static ArgumentTransformationMetadataException Wrong(string message) => new(message);
}
