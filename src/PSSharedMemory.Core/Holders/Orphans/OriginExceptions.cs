using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>
/// What the catalogue of origins keeps from being called an orphan: what a running program will use again, and what is
/// made to outlive its users. It only ever speaks for an object, never against it.
/// </summary>
internal static class OriginExceptions
{
    private const string SemaphorePrefix = "/sem.";

    /// <summary>What keeps a segment from being called an orphan, in one sentence; null if nothing does.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="includeSemaphores">Whether a named semaphore may be one.</param>
    /// <param name="processes">The processes that run, each with the user's id; null where not all can be seen.</param>
    public static string? Objection(
        ShmSegment segment, bool includeSemaphores, Func<IReadOnlyList<(string Name, uint UserId)>?> processes) =>
        ShmOrigins.Match(segment.OriginName, segment.Key, () => SegmentStart.Read(segment))
            .Select(match => Objection(match.Origin, segment, includeSemaphores, processes))
            .FirstOrDefault(static objection => objection is not null);

    private static string? Objection(
        ShmOrigin origin, ShmSegment segment, bool includeSemaphores,
        Func<IReadOnlyList<(string Name, uint UserId)>?> processes)
    {
        var isSemaphore = segment.Kind == ShmKind.Posix
            && segment.Name?.StartsWith(SemaphorePrefix, StringComparison.Ordinal) == true;
        if (origin.OutlivesUsers && !(isSemaphore && includeSemaphores))
        {
            return $"It may be memory of '{origin.Name}', which is made to outlive its users.";
        }

        if (origin.Processes.Count == 0)
        {
            return null;
        }

        if (processes() is not { } running)
        {
            return $"It may be memory of '{origin.Name}', and from here it is unknown whether that runs.";
        }

        return running.Any(process => process.UserId == segment.UserId
                && origin.Processes.Any(known => process.Name.StartsWith(known, StringComparison.Ordinal)))
            ? $"It may be memory of '{origin.Name}', which runs as the same user and may use it again."
            : null;
    }
}
