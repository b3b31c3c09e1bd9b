using System;

namespace PSSharedMemory;

/// <summary>A number with its noun, in a message: "1 segment", "2 processes".</summary>
internal static class Plural
{
    /// <param name="count">How many.</param>
    /// <param name="one">What one is called.</param>
    /// <param name="many">What several are called; null adds an s.</param>
    public static string Of(long count, string one, string? many = null) =>
        FormattableString.Invariant($"{count} {(count == 1 ? one : many ?? one + "s")}");
}
