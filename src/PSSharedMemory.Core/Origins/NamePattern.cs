using System;

namespace PSSharedMemory;

/// <summary>
/// A pattern of names: '*' is any text without '/', '?' one character but '/', '[a-f0-9]' one of a set; all else is
/// itself, and case counts. Matching takes time in proportion to both lengths, whatever the pattern.
/// </summary>
internal static class NamePattern
{
    /// <summary>Whether the whole name has the form.</summary>
    public static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        // Where the last star stood, and how much of the name it has taken: only that one ever has to take more.
        var (star, taken) = (-1, 0);
        var (at, position) = (0, 0);
        while (position < name.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, taken) = (at++, position);
            }
            else if (at < pattern.Length && TakesOne(pattern[at..], name[position], out var used))
            {
                at += used;
                position++;
            }
            else if (star >= 0 && name[taken] != '/')
            {
                (at, position) = (star + 1, ++taken);
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].TrimStart('*').IsEmpty;
    }

    /// <summary>Whether every set in the pattern is closed.</summary>
    public static bool IsValid(ReadOnlySpan<char> pattern)
    {
        for (var open = pattern.IndexOf('['); open >= 0; open = pattern.IndexOf('['))
        {
            var close = pattern[open..].IndexOf(']');
            if (close < 2)
            {
                return false;
            }

            pattern = pattern[(open + close + 1)..];
        }

        return true;
    }

    private static bool TakesOne(ReadOnlySpan<char> pattern, char character, out int used)
    {
        used = 1;
        if (pattern[0] == '?')
        {
            return character != '/';
        }

        if (pattern[0] != '[')
        {
            return pattern[0] == character;
        }

        used = pattern.IndexOf(']') + 1;
        var set = pattern[1..Math.Max(used - 1, 1)];
        for (var i = 0; i < set.Length; i++)
        {
            var isRange = i + 2 < set.Length && set[i + 1] == '-';
            if (isRange ? character >= set[i] && character <= set[i + 2] : character == set[i])
            {
                return used > 0 && character != '/';
            }

            i += isRange ? 2 : 0;
        }

        used = Math.Max(used, 1);
        return false;
    }
}
