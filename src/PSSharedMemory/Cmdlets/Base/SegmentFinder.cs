using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Finds POSIX segments by what a user types: a name, or a wildcard pattern.</summary>
internal static class SegmentFinder
{
    /// <summary>
    /// The segment of that name, which must be there, or all that match the pattern, which may be none. A pattern is
    /// matched with and without the name's '/'.
    /// </summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName.</exception>
    public static IReadOnlyList<ShmSegment> ByName(string nameOrPattern)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(nameOrPattern))
        {
            return [PosixSegments.FromName(WildcardPattern.Unescape(nameOrPattern))];
        }

        // Names are case-sensitive, as files are.
        var pattern = WildcardPattern.Get(nameOrPattern, WildcardOptions.None);
        return PosixSegments.List()
            .Where(segment => pattern.IsMatch(segment.Name) || pattern.IsMatch(segment.Name![1..]))
            .OrderBy(static segment => segment.Name, StringComparer.Ordinal)
            .ToArray();
    }
}
