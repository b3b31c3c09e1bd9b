using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// The names and wildcards that a user asked for, out of a few known names: an unknown literal is an error, a pattern
/// that matches nothing is not.
/// </summary>
internal sealed class NamePatterns(string?[]? names)
{
    private readonly HashSet<string> _missing = Literals(names);
    private readonly WildcardPattern[]? _patterns =
        names is null
            ? null
            : Array.ConvertAll(names, static name => TargetFinder.Pattern(
                name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant));

    /// <summary>Whether it was asked for; without a name, everything was.</summary>
    public bool Take(string name)
    {
        _missing.Remove(name);
        return _patterns is null || Array.Exists(_patterns, pattern => pattern.IsMatch(name));
    }

    /// <summary>What nothing was called; once all names are taken.</summary>
    public IReadOnlyCollection<string> Missing => _missing;

    private static HashSet<string> Literals(string?[]? names) => new(
        (names ?? []).OfType<string>().Where(static name => !WildcardPattern.ContainsWildcardCharacters(name)),
        StringComparer.OrdinalIgnoreCase);
}
