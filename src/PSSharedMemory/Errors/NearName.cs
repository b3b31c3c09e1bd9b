using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Finds what a user may have meant by a name that isn't there: other case, a slip, a part of it.</summary>
internal static class NearName
{
    // Beyond that many, the names aren't looked at: an error must not take longer than what it is about.
    private const int Most = 5000;
    private const int LongestSlip = 64;
    private const string SharedMemory = "/dev/shm";
    private const string SemaphorePrefix = "/sem.";

    /// <summary>The object of /dev/shm that a name may have meant; null if none is near, or several are.</summary>
    public static string? OfSegment(string name)
    {
        try
        {
            var options = new EnumerationOptions
            {
                RecurseSubdirectories = true,
                AttributesToSkip = FileAttributes.ReparsePoint,
                MaxRecursionDepth = 4,
            };
            var names = Directory.EnumerateFiles(SharedMemory, "*", options).Take(Most + 1)
                .Select(static path => path[SharedMemory.Length..]).ToArray();
            return names.Length > Most ? null
                : names.Contains(SemaphorePrefix + name.TrimStart('/')) ? SemaphorePrefix + name.TrimStart('/')
                : LastStep(name) is var last && last != name && names.Contains(last) ? last
                : Of(name, names);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Of a path that leads there by another way, or a name in quotes of its own.
    private static string LastStep(string name)
    {
        var path = name.TrimEnd('\'', '"', ' ');
        return "/" + path[(path.LastIndexOf('/') + 1)..].Trim('\'', '"', ' ');
    }

    /// <summary>The one of these that was meant; null if none is near, or several are.</summary>
    public static string? Of(string typed, IEnumerable<string> names)
    {
        var all = names.Distinct(StringComparer.Ordinal).Where(name => name != typed).ToArray();
        return Only(all, name => name.Equals(typed, StringComparison.OrdinalIgnoreCase))
            ?? Only(all, name => IsSlip(typed, name))
            ?? Only(all, name => IsPart(typed, name));
    }

    private static string? Only(string[] names, Func<string, bool> isNear) =>
        names.Where(isNear).Take(2).ToArray() is [var one] ? one : null;

    // The beginning or the last step of a longer name, from three letters on.
    private static bool IsPart(string typed, string name)
    {
        var bare = typed.TrimStart('/');
        return bare.Length > 2
            && (name.TrimStart('/').StartsWith(bare, StringComparison.OrdinalIgnoreCase)
                || name.EndsWith('/' + bare, StringComparison.OrdinalIgnoreCase));
    }

    // One character too many, missing, other, or two swapped; two of them in longer names.
    private static bool IsSlip(string typed, string name)
    {
        var allowed = typed.Length < 4 ? 0 : typed.Length < 8 ? 1 : 2;
        return allowed > 0 && Math.Abs(typed.Length - name.Length) <= allowed && name.Length <= LongestSlip
            && Distance(typed.ToUpperInvariant(), name.ToUpperInvariant()) <= allowed;
    }

    private static int Distance(string one, string other)
    {
        var rows = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                rows[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1,
                    rows[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[one.Length, other.Length];
    }
}
