using System;
using System.Collections.Generic;
using System.Globalization;

namespace PSSharedMemory;

/// <summary>A finished call as strace(1) prints it with -f -ttt -o: process, time, name, arguments, result.</summary>
internal sealed record StraceLine(
    int ProcessId, DateTime Time, string Call, IReadOnlyList<string> Arguments, string ArgumentText, string Result)
{
    private const string Unfinished = " <unfinished ...>";

    /// <summary>What it returned; null for "?".</summary>
    public long? Value
    {
        get
        {
            var text = Result.AsSpan().TrimStart();
            var end = text.IndexOfAny(" <");
            return ParseNumber(end < 0 ? text : text[..end]);
        }
    }

    /// <summary>The errno's name where it failed.</summary>
    public string? Error
    {
        get
        {
            var words = Result.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words.Length > 1 && words[0] == "-1" ? words[1] : null;
        }
    }

    /// <summary>
    /// Reads a line. A call that another process' output interrupted comes in two halves; the first is kept in
    /// <paramref name="pending"/> by process. Null for that half, and for what isn't a call: signals and ends.
    /// </summary>
    public static StraceLine? Parse(string line, IDictionary<int, string> pending)
    {
        var space = line.IndexOf(' ');
        if (space <= 0
            || !int.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var process))
        {
            return null;
        }

        var rest = line[(space + 1)..].TrimStart();

        var resumed = rest.IndexOf(" resumed>", StringComparison.Ordinal);
        var mark = rest.IndexOf("<... ", StringComparison.Ordinal);
        if (mark >= 0 && resumed > mark && mark <= rest.IndexOf(' ') + 1)
        {
            if (!pending.Remove(process, out var first))
            {
                return null;
            }

            rest = first + rest[(resumed + " resumed>".Length)..];
        }

        if (rest.EndsWith(Unfinished, StringComparison.Ordinal))
        {
            pending[process] = rest[..^Unfinished.Length];
            return null;
        }

        return ParseCall(process, rest);
    }

    /// <summary>A decimal, octal ("0600") or hexadecimal ("0x7f…") number, or NULL; null where it is none.</summary>
    public static long? ParseNumber(ReadOnlySpan<char> text)
    {
        if (text.SequenceEqual("NULL"))
        {
            return 0;
        }

        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex)
                ? unchecked((long)hex)
                : null;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
    }

    private static StraceLine? ParseCall(int process, string text)
    {
        var space = text.IndexOf(' ');
        var open = text.IndexOf('(');
        if (space <= 0 || open < space || !TryParseTime(text.AsSpan(0, space), out var time))
        {
            return null;
        }

        List<string> arguments = [];
        var close = Split(text, open + 1, arguments);
        if (close < 0)
        {
            return null;
        }

        var equals = text.IndexOf('=', close);
        return equals < 0 ? null : new StraceLine(
            process, time, text[(space + 1)..open], arguments, text[(open + 1)..close], text[(equals + 1)..].Trim());
    }

    // Arguments end at commas outside of strings, brackets and the <path> after a descriptor. Returns where the bracket
    // closes, or -1.
    private static int Split(string text, int start, List<string> arguments)
    {
        var depth = 0;
        var begin = start;
        var inString = false;
        for (var i = start; i < text.Length; i++)
        {
            var c = text[i];
            if (inString)
            {
                if (c == '\\')
                {
                    i++;
                }
                else if (c == '"')
                {
                    inString = false;
                }

                continue;
            }

            switch (c)
            {
                case '"':
                    inString = true;
                    break;
                case '<' when i > start && char.IsAsciiLetterOrDigit(text[i - 1]):
                    // The path of a descriptor may hold anything but '>', which strace escapes.
                    var end = text.IndexOf('>', i);
                    i = end < 0 ? text.Length - 1 : end;
                    break;
                case '(' or '[' or '{':
                    depth++;
                    break;
                case ')' when depth == 0:
                    var last = text[begin..i].Trim();
                    if (last.Length > 0)
                    {
                        arguments.Add(last);
                    }

                    return i;
                case ')' or ']' or '}':
                    depth--;
                    break;
                case ',' when depth == 0:
                    arguments.Add(text[begin..i].Trim());
                    begin = i + 1;
                    break;
                default:
                    break;
            }
        }

        return -1;
    }

    public static bool TryParseTime(ReadOnlySpan<char> text, out DateTime time)
    {
        var read = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds < 253402300799m;
        time = read ? DateTime.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond)) : default;
        return read;
    }
}
