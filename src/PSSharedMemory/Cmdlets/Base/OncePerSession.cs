using System;
using System.Collections.Concurrent;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.Commands;

/// <summary>
/// What is said once in a session, however often it is true: a warning on every call is read by nobody.
/// </summary>
internal static class OncePerSession
{
    private static readonly ConcurrentDictionary<(Guid Session, string Topic), bool> Said = new();

    /// <summary>Whether this session has not heard of the topic yet; from now on it has.</summary>
    public static bool IsFirst(string topic) =>
        Said.TryAdd((Runspace.DefaultRunspace?.InstanceId ?? Guid.Empty, topic), true);
}
