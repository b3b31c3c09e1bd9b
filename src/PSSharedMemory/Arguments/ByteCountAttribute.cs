using System;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Takes bytes as the views and other programs write them, too: '64 KB', '64KiB', '1.5 GB', '2Gi'. All units are powers
/// of 1024, as PowerShell's own suffixes are. Everything else is left to the binder.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ByteCountAttribute : ArgumentTransformationAttribute
{
    private const string Prefixes = "KMGTPE";

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        PlainObject.Of(inputData) switch
        {
            // The binder would take empty text for 0, and '4,5' for 45.
            string text when text.AsSpan().Trim() is [] or ['+', ..] || text.Contains(',', StringComparison.Ordinal) =>
                throw new ArgumentTransformationMetadataException(
                    $"'{text}' isn't a number of bytes. Use 65536, 64KB or '1.5 MB'; a relative size isn't possible."),
            string text when Parse(text.AsSpan().Trim()) is { } bytes => bytes,
            // The binder would count them as 1 and 0.
            bool truth => throw new ArgumentTransformationMetadataException($"'{truth}' isn't a number of bytes."),
            _ => inputData,
        };

    private static long? Parse(ReadOnlySpan<char> text)
    {
        var digits = text.LastIndexOfAnyInRange('0', '9') + 1;
        if (digits == 0 || Scale(text[digits..].Trim()) is not { } scale
            || !decimal.TryParse(text[..digits], NumberStyles.Float, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        try
        {
            return (long)decimal.Round(count * scale);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    // 'B', 'K', 'KB', 'Ki', 'KiB'; a number alone is the binder's.
    private static long? Scale(ReadOnlySpan<char> unit)
    {
        if (unit.Equals("B", StringComparison.OrdinalIgnoreCase))
        {
            return 1;
        }

        var power = unit.IsEmpty ? -1 : Prefixes.IndexOf(char.ToUpperInvariant(unit[0]), StringComparison.Ordinal);
        return power >= 0 && unit[1..] is "" or "B" or "b" or "i" or "iB" or "ib" or "IB"
            ? 1L << (10 * (power + 1)) : null;
    }
}
