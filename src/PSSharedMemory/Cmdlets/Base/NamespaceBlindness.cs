using System;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>What of a host's namespaces this user cannot see, said once in a session.</summary>
internal static class NamespaceBlindness
{
    private const int Few = 5;

    /// <summary>Warns of processes whose namespaces are unknown.</summary>
    public static void Tell(NamespaceMap map, Action<string> warn)
    {
        var count = map.UnreadableProcessIds.Count;
        if (count > 0 && OncePerSession.IsFirst("Namespaces of processes"))
        {
            warn(
                $"Could not see the namespaces of {Words.Count(count, "process")}: "
                    + $"{string.Join(", ", map.UnreadableProcessIds.Take(Few))}"
                + (count > Few ? ", …." : ".")
                + (map.IsPrivileged
                    ? $" The kernel shields {(count == 1 ? "it" : "them")} even from root."
                    : " What is in them is unknown. Run as root to see it."));
        }

        if (map.HidesProcesses && OncePerSession.IsFirst("Namespaces of hidden processes"))
        {
            warn(
                "/proc is mounted with hidepid, which hides the processes of other users: what is in their namespaces "
                    + "is unknown. Run as root to see it.");
        }
    }
}
