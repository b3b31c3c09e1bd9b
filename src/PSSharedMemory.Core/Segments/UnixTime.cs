using System;

namespace PSSharedMemory;

/// <summary>Times as the kernel counts them.</summary>
internal static class UnixTime
{
    /// <summary>Local time; null for 0, the kernel's "never".</summary>
    public static DateTime? ToLocal(long seconds, uint nanoseconds = 0) => seconds == 0 && nanoseconds == 0
        ? null
        : DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / 100).LocalDateTime;
}
