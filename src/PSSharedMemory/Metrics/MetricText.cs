using System;
using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>
/// Numbers and labels as both OpenMetrics and the older text format of Prometheus read them: the collector for text
/// files of node_exporter knows only the older.
/// </summary>
internal static class MetricText
{
    /// <summary>The last line: a text without it was cut off.</summary>
    public const string End = "# EOF";

    /// <summary>A whole number without an exponent, all else as it is.</summary>
    public static string Number(double value) => Math.Abs(value) < 1e15 && value == Math.Truncate(value)
        ? ((long)value).ToString(CultureInfo.InvariantCulture)
        : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>A label's value: made harmless for a terminal, then its backslashes and quotes escaped.</summary>
    public static string Escaped(string value) => PrintableText.Of(value)
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal);

    /// <summary>Whether it can be the name of a label, and isn't one that the format reserves.</summary>
    public static bool IsLabelName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && !name.StartsWith("__", StringComparison.Ordinal)
        && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
