using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// Servers that keep objects in /dev/shm which at times nobody holds, and take them up again: while such a server runs,
/// an object of its is no orphan, whoever holds it.
/// </summary>
internal static class KnownServers
{
    private static readonly Server[] Servers =
    [
        new("PostgreSQL", ["/PostgreSQL."], ["postgres", "postmaster"]),
        new("PulseAudio", ["/pulse-shm-"], ["pulseaudio", "pipewire", "pipewire-pulse"]),
        new("JACK", ["/jack-shm", "/jack_", "/jack-"], ["jackd", "jackdbus"]),
        new("LTTng", ["/lttng-ust-", "/shm-ust-"], ["lttng-sessiond", "lttng-consumerd"]),
        new("Chromium", ["/.org.chromium.", "/org.chromium.", "/.com.google.Chrome."], ["chrome", "chromium", "chromium-browse", "electron"]),
        new("Oracle", ["/ora_"], ["ora_pmon"]),
    ];

    /// <summary>What keeps an object from being called an orphan, in a sentence; null where nothing does.</summary>
    /// <param name="segment">The object.</param>
    /// <param name="includeSemaphores">Whether a named semaphore may be one.</param>
    /// <param name="processes">The processes that run, each with the user's id; null where not all can be seen.</param>
    public static string? Objection(ShmSegment segment, bool includeSemaphores, Func<IReadOnlyList<(string Name, uint UserId)>?> processes)
    {
        if (segment.Kind != ShmKind.Posix)
        {
            return null;
        }

        var name = segment.Name ?? "";
        if (!includeSemaphores && name.StartsWith("/sem.", StringComparison.Ordinal))
        {
            return "It is a named semaphore, which is meant to outlive its users.";
        }

        foreach (var server in Servers)
        {
            if (!Array.Exists(server.Prefixes, prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                continue;
            }

            if (processes() is not { } running)
            {
                return $"It is named as one of {server.Name}, and whether that runs cannot be told from here.";
            }

            foreach ((var process, var user) in running)
            {
                if (user == segment.UserId && Array.Exists(server.Processes, known => process.StartsWith(known, StringComparison.Ordinal)))
                {
                    return $"It is named as one of {server.Name}, which runs as the same user and may take it up again.";
                }
            }
        }

        return null;
    }

    private sealed record Server(string Name, string[] Prefixes, string[] Processes);
}
