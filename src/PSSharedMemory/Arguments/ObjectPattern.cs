using System;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A wildcard pattern for names of POSIX objects: '*' stays within a directory, as at a prompt. A deep one (-Recurse)
/// also takes what lies below: its last part may match any part of the name from its level on, so '/relay/log*' means
/// /relay/terms/log.0 and all that is in a directory /relay/logs.
/// </summary>
internal sealed class ObjectPattern
{
    private readonly int _depth;
    private readonly WildcardPattern _whole;
    private readonly WildcardPattern[]? _parts;

    /// <exception cref="ShmException">InvalidName: no valid pattern.</exception>
    public ObjectPattern(string text, bool isDeep = false)
    {
        var pattern = PosixName.ParsePattern(text);
        // Names are case-sensitive, as files are.
        _whole = TargetFinder.Pattern(pattern, WildcardOptions.None);
        _depth = pattern.AsSpan(1).Count('/');
        _parts = isDeep ? pattern[1..].Split('/')
            .Select(static part => TargetFinder.Pattern(part, WildcardOptions.None)).ToArray() : null;
    }

    /// <summary>Whether the name is meant.</summary>
    public bool IsMatch(string name)
    {
        if (_parts is null)
        {
            return name.AsSpan(1).Count('/') == _depth && _whole.IsMatch(name);
        }

        var names = name[1..].Split('/');
        return names.Length >= _parts.Length
            && !_parts[..^1].Where((part, i) => !part.IsMatch(names[i])).Any()
            && names[(_parts.Length - 1)..].Any(_parts[^1].IsMatch);
    }
}
