using System.Collections.Concurrent;
using System.Globalization;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Names of users and groups, each looked up once in the life of this object: one listing.</summary>
public sealed class AccountNames
{
    private readonly ConcurrentDictionary<uint, string> _users = new();
    private readonly ConcurrentDictionary<uint, string> _groups = new();

    /// <summary>The name of a user; the number as text if this host knows none.</summary>
    public string User(uint id) =>
        _users.GetOrAdd(id, static id => Libc.getpwuid(id) ?? id.ToString(CultureInfo.InvariantCulture));

    /// <summary>The name of a group; the number as text if this host knows none.</summary>
    public string Group(uint id) =>
        _groups.GetOrAdd(id, static id => Libc.getgrgid(id) ?? id.ToString(CultureInfo.InvariantCulture));

    /// <summary>The number of a user; null where this host knows no such name.</summary>
    public static uint? FindUser(string name) => Libc.getpwnam(name);

    /// <summary>The number of a group; null where this host knows no such name.</summary>
    public static uint? FindGroup(string name) => Libc.getgrnam(name);
}
