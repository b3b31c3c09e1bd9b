using System.Collections.Concurrent;
using System.Globalization;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Names of users and groups, each asked of the host once in the life of this object: one listing.</summary>
internal sealed class AccountNames
{
    private readonly ConcurrentDictionary<uint, string> _users = new();
    private readonly ConcurrentDictionary<uint, string> _groups = new();

    public string User(uint id) =>
        _users.GetOrAdd(id, static id => Libc.getpwuid(id) ?? id.ToString(CultureInfo.InvariantCulture));

    public string Group(uint id) =>
        _groups.GetOrAdd(id, static id => Libc.getgrgid(id) ?? id.ToString(CultureInfo.InvariantCulture));
}
