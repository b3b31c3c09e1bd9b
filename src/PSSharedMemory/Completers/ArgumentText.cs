using System;
using System.Buffers;
using System.Globalization;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>
/// Text as one argument of a command line. Anybody may choose a name: whatever is in it, what is inserted at the prompt
/// stays one argument, and acts on no terminal.
/// </summary>
internal static class ArgumentText
{
    private const string SingleQuotes = "'\u2018\u2019\u201A\u201B";
    private const string DoubleQuotes = "\"\u201C\u201D\u201E";

    // All else is quoted: what PowerShell takes for a blank, a quote, a dash or an operator is a long list.
    private static readonly SearchValues<char> Harmless =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._:+=-");

    /// <summary>The text as one argument.</summary>
    /// <param name="text">What the argument is to be.</param>
    /// <param name="typed">What stands before the cursor: its quote is kept where it can be.</param>
    public static string Of(string text, string typed)
    {
        if (PrintableText.Of(text) != text)
        {
            return Escaped(text);
        }

        var quote = QuoteOf(typed);
        if (quote == '\0' && text.Length > 0 && text[0] != '-' && text.AsSpan().IndexOfAnyExcept(Harmless) < 0)
        {
            return text;
        }

        return quote == '"' ? Escaped(text) : $"'{Doubled(text)}'";
    }

    /// <summary>What was typed, without its quotes; the second may not be there yet.</summary>
    public static string Typed(string word)
    {
        var quote = QuoteOf(word);
        if (quote == '\0')
        {
            return word;
        }

        var inner = word[1..];
        if (inner.Length > 0 && QuoteOf(inner[^1..]) == quote)
        {
            inner = inner[..^1];
        }

        return quote == '\'' ? inner.Replace("''", "'", StringComparison.Ordinal) : WithoutBackticks(inner);
    }

    private static char QuoteOf(string word) => word.Length == 0 ? '\0'
        : SingleQuotes.Contains(word[0]) ? '\''
        : DoubleQuotes.Contains(word[0]) ? '"' : '\0';

    // Any of the five ends a single-quoted string, and two of them stand for one.
    private static string Doubled(string text)
    {
        var quoted = new StringBuilder(text.Length + 2);
        foreach (var one in text)
        {
            quoted.Append(one);
            if (SingleQuotes.Contains(one))
            {
                quoted.Append(one);
            }
        }

        return quoted.ToString();
    }

    private static string Escaped(string text)
    {
        var quoted = new StringBuilder("\"", text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            var length = char.IsSurrogatePair(text, i) ? 2 : 1;
            var shown = text.Substring(i, length);
            if (text[i] is '`' or '$' || DoubleQuotes.Contains(text[i]))
            {
                quoted.Append('`').Append(shown);
            }
            else if (PrintableText.Of(shown) == shown)
            {
                quoted.Append(shown);
            }
            else
            {
                // A lone surrogate too: it stands for a byte that isn't UTF-8.
                quoted.Append(
                    CultureInfo.InvariantCulture, $"`u{{{(length == 2 ? char.ConvertToUtf32(text, i) : text[i]):x}}}");
            }

            i += length - 1;
        }

        return quoted.Append('"').ToString();
    }

    private static string WithoutBackticks(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '`' && i + 1 < text.Length)
            {
                i++;
            }

            plain.Append(text[i]);
        }

        return plain.ToString();
    }
}
