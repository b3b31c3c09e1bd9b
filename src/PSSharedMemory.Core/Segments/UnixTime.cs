using System;

namespace PSSharedMemory;

/// <summary>Times as the kernel counts them.</summary>
internal static class UnixTime
{
    // What DateTime can hold: the years 1 to 9999. Anybody may set a file's times to anything.
    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeSeconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>
    /// UTC, since times are compared and subtracted, and local ones repeat an hour each autumn. Views show local time.
    /// </summary>
    /// <returns>Null for 0, the kernel's "never", and for times outside the years 1 to 9999.</returns>
    public static DateTime? ToUtc(long seconds, uint nanoseconds = 0) =>
        (seconds == 0 && nanoseconds == 0) || seconds < Earliest || seconds > Latest
            ? null
            : DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / 100).UtcDateTime;
}
