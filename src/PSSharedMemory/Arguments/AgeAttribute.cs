using System;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Takes a duration as people write it: 0s, 30m, 2h, 1d, '1.5d', or a TimeSpan. A bare number is refused: PowerShell
/// would read 5 as 500 ns and '5' as five days. Without quotes, PowerShell itself reads 30s as a short and 1d as a
/// decimal: they are the seconds and the days that were typed.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AgeAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var input = PlainObject.Of(inputData);
        return input is TimeSpan time && time >= TimeSpan.Zero ? time
            : input is short seconds and >= 0 ? TimeSpan.FromSeconds(seconds)
            : input is decimal days and >= 0 and <= 1_000_000 ? TimeSpan.FromDays((double)days)
            : input is string text && Parse(text.Trim()) is { } parsed ? parsed
            : throw new ArgumentTransformationMetadataException(
                $"'{PrintableText.Of($"{input}")}' isn't a time with its unit. Use '30m', '2h', '1d' or a TimeSpan.");
    }

    private static TimeSpan? Parse(string text)
    {
        // 1.00:00:00 and 00:30 are a TimeSpan's own form; a number alone isn't.
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) && span
                >= TimeSpan.Zero ? span : null;
        }

        var unit = text.Length == 0 ? 0 : char.ToLowerInvariant(text[^1]) switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            'w' => 604800,
            _ => 0,
        };
        return unit > 0
            && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && count * unit <= TimeSpan.MaxValue.TotalSeconds / 2
            ? TimeSpan.FromSeconds(count * unit)
            : null;
    }
}
