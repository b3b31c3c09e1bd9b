using System;
using System.Globalization;
using System.Text;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// The value of a character constant such as <c>'A'</c> or <c>'\x41'</c>, and the length of a string constant.
/// </summary>
internal static class CharacterConstant
{
    public static int Value(Token token)
    {
        var text = token.Text;
        if (text.Length == 1 && text[0] < 128 && text[0] != '\\')
        {
            return text[0];
        }

        if (text.Length > 1 && text[0] == '\\')
        {
            if (text.Length == 2 && Simple(text[1]) is int value)
            {
                return value;
            }

            if (text[1] == 'x' && text.Length is 3 or 4
                && int.TryParse(
                    text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex))
            {
                return hex;
            }

            if (text.Length is 2 or 3 or 4 && Octal(text) is int octal)
            {
                return octal;
            }
        }

        throw token.Error("expected a character constant of one ASCII character.");
    }

    /// <summary>The bytes of a string constant in UTF-8, without the NUL at its end.</summary>
    public static int CountBytes(Token token)
    {
        var text = token.Text;
        var count = 0;
        for (var i = 0; i < text.Length;)
        {
            if (text[i] != '\\')
            {
                var length = char.IsSurrogatePair(text, i) ? 2 : 1;
                count += Encoding.UTF8.GetByteCount(text.AsSpan(i, length));
                i += length;
                continue;
            }

            // An escape is one byte: a letter, up to three octal digits, or x and hexadecimal ones.
            var start = ++i;
            if (i < text.Length && text[i] == 'x')
            {
                while (++i < text.Length && char.IsAsciiHexDigit(text[i]))
                {
                    continue;
                }
            }
            else if (i < text.Length && text[i] is 'u' or 'U')
            {
                throw token.Error("a universal character name is not supported here; expected the character itself.");
            }
            else
            {
                while (i < text.Length && i < start + 3 && text[i] is >= '0' and <= '7')
                {
                    i++;
                }

                i = Math.Max(i, start + 1);
            }

            count++;
        }

        return count;
    }

    private static int? Simple(char c) => c switch
    {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\a',
        'b' => '\b',
        'f' => '\f',
        'v' => '\v',
        'e' => 27,
        '\\' or '\'' or '"' or '?' => c,
        _ => null,
    };

    private static int? Octal(string text)
    {
        var value = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] is < '0' or > '7')
            {
                return null;
            }

            value = (value * 8) + (text[i] - '0');
        }

        return value <= 255 ? value : null;
    }
}
