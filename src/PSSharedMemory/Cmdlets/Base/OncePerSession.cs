using System;
using System.Collections.Concurrent;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.Commands;

/// <summary>
/// What is said once in a session, however often it is true: nobody reads a warning that comes with every call.
/// </summary>
internal static class OncePerSession
{
    private static readonly ConcurrentDictionary<(Guid Session, string Topic), bool> Said = new();

    /// <summary>Whether the topic is new to this session; from now on it isn't.</summary>
    public static bool IsFirst(string topic) =>
        Said.TryAdd((Runspace.DefaultRunspace?.InstanceId ?? Guid.Empty, topic), true);
}
