using System;
using System.Globalization;

namespace PSSharedMemory;

/// <summary>
/// A pattern of names: '*' is any text without '/', '?' one character but '/', '[a-f0-9]' one of a set, '[a-f0-9]+' one
/// or more of it, '[a-f0-9]{8}' eight of it; all else is itself, and case counts. Matching takes time in proportion to
/// the product of both lengths at most, whatever the pattern.
/// </summary>
internal static class NamePattern
{
    private const int MostRepetitions = 255;
    private const int MostOnStack = 1024;

    /// <summary>Whether the whole name has the form.</summary>
    public static bool IsMatch(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        // Nearly all names differ from nearly all patterns in what they begin with.
        while (!pattern.IsEmpty && pattern[0] is not ('*' or '?' or '['))
        {
            if (name.IsEmpty || name[0] != pattern[0])
            {
                return false;
            }

            pattern = pattern[1..];
            name = name[1..];
        }

        // Whether what is before here in the pattern takes the first i characters, whole.
        var reached = name.Length < MostOnStack ? stackalloc bool[name.Length + 1] : new bool[name.Length + 1];
        reached.Clear();
        reached[0] = true;
        while (!pattern.IsEmpty)
        {
            var element = Element.Read(ref pattern);
            for (var times = element.Times; times > 0; times--)
            {
                if (!Step(reached, element, name))
                {
                    return false;
                }
            }
        }

        return reached[^1];
    }

    /// <summary>Whether every set in the pattern is closed, and every number behind one is from 1 to 255.</summary>
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
            if (pattern.StartsWith("{") && Element.TimesOf(pattern, out _) == 0)
            {
                return false;
            }
        }

        return true;
    }

    // Moves all that was reached past the element, in place; false where nothing is reached any more.
    private static bool Step(Span<bool> reached, Element element, ReadOnlySpan<char> name)
    {
        var any = false;
        var before = reached[0];
        reached[0] = before && element.TakesNone;
        any |= reached[0];
        for (var i = 0; i < name.Length; i++)
        {
            var here = reached[i + 1];
            var from = before || (element.TakesMore && reached[i]);
            reached[i + 1] = (here && element.TakesNone) || (from && element.Takes(name[i]));
            any |= reached[i + 1];
            before = here;
        }

        return any;
    }

    // One character of the pattern, or one set with what says how often.
    private readonly ref struct Element
    {
        private readonly ReadOnlySpan<char> _set;
        private readonly char _character;

        private Element(char character, ReadOnlySpan<char> set, bool takesMore, int times)
        {
            _character = character;
            _set = set;
            TakesMore = takesMore;
            Times = times;
        }

        public bool TakesNone => _character == '*';

        public bool TakesMore { get; }

        public int Times { get; }

        public static Element Read(ref ReadOnlySpan<char> pattern)
        {
            var character = pattern[0];
            var close = character == '[' ? pattern.IndexOf(']') : -1;
            if (close < 0)
            {
                pattern = pattern[1..];
                return new Element(character, default, character == '*', 1);
            }

            var set = pattern[1..close];
            pattern = pattern[(close + 1)..];
            var takesMore = pattern.StartsWith("+");
            var times = TimesOf(pattern, out var length);
            pattern = pattern[(takesMore ? 1 : length)..];
            return new Element('[', set, takesMore, Math.Max(times, 1));
        }

        // The number in "{8}" at the start, and how long that is; 0 and 0 where there is none that can be.
        public static int TimesOf(ReadOnlySpan<char> pattern, out int length)
        {
            length = pattern.StartsWith("{") ? pattern.IndexOf('}') + 1 : 0;
            if (length > 2
                && int.TryParse(
                    pattern[1..(length - 1)], NumberStyles.None, CultureInfo.InvariantCulture, out var times)
                && times is > 0 and <= MostRepetitions)
            {
                return times;
            }

            length = 0;
            return 0;
        }

        public bool Takes(char character) => _character switch
        {
            '*' or '?' => character != '/',
            '[' when !_set.IsEmpty => character != '/' && IsInSet(character),
            _ => character == _character,
        };

        private bool IsInSet(char character)
        {
            for (var i = 0; i < _set.Length; i++)
            {
                var isRange = i + 2 < _set.Length && _set[i + 1] == '-';
                if (isRange ? character >= _set[i] && character <= _set[i + 2] : character == _set[i])
                {
                    return true;
                }

                i += isRange ? 2 : 0;
            }

            return false;
        }
    }
}
