using System;
using System.Text;

namespace PSSharedMemory;

/// <summary>
/// What every reader of a /proc file needs: fields, numbers and names out of UTF-8 bytes, without a string in between.
/// A reader of /proc sees thousands of lines for every one that it keeps.
/// </summary>
internal static class ProcText
{
    /// <summary>Takes the next line off the text, without its line feed. False at the end.</summary>
    public static bool TryReadLine(scoped ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> line)
    {
        if (text.IsEmpty)
        {
            line = default;
            return false;
        }

        var end = text.IndexOf((byte)'\n');
        if (end < 0)
        {
            line = text;
            text = default;
            return true;
        }

        line = text[..end];
        text = text[(end + 1)..];
        return true;
    }

    /// <summary>
    /// Takes the next field off a line: everything up to the next blank or tab, leading ones skipped.
    /// </summary>
    public static ReadOnlySpan<byte> ReadField(scoped ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart(" \t"u8);
        var end = line.IndexOfAny((byte)' ', (byte)'\t');
        if (end < 0)
        {
            end = line.Length;
        }

        var field = line[..end];
        line = line[end..];
        return field;
    }

    /// <summary>Takes a hexadecimal number off the front; false where there is no digit or more than 64 bits.</summary>
    public static bool TryReadHex(scoped ref ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        var length = 0;
        while (length < text.Length)
        {
            var digit = HexDigit(text[length]);
            if (digit < 0)
            {
                break;
            }

            if (value >> 60 != 0)
            {
                return false;
            }

            value = (value << 4) | (uint)digit;
            length++;
        }

        text = text[length..];
        return length > 0;
    }

    /// <summary>Takes a decimal number off the front; false where there is no digit or more than 64 bits.</summary>
    public static bool TryReadDecimal(scoped ref ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        var length = 0;
        while (length < text.Length && (uint)(text[length] - '0') <= 9)
        {
            var digit = (uint)(text[length] - '0');
            if (value > (ulong.MaxValue - digit) / 10)
            {
                return false;
            }

            value = (value * 10) + digit;
            length++;
        }

        text = text[length..];
        return length > 0;
    }

    /// <summary>Takes one expected byte off the front.</summary>
    public static bool TrySkip(scoped ref ReadOnlySpan<byte> text, byte expected)
    {
        if (text.IsEmpty || text[0] != expected)
        {
            return false;
        }

        text = text[1..];
        return true;
    }

    /// <summary>
    /// The number of a line "Name: 12 kB" (meminfo, status, smaps) or "name 12" (memory.stat, /proc/stat), if it has
    /// that name; kB become bytes. A number beyond 64 bits stays at their end.
    /// </summary>
    public static bool TryReadValue(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ulong value)
    {
        value = 0;
        if (!line.StartsWith(name) || line.Length <= name.Length || line[name.Length] is not ((byte)':' or (byte)' '))
        {
            return false;
        }

        line = line[(name.Length + 1)..].TrimStart(" \t"u8);
        if (!TryReadNumber(ref line, out value))
        {
            return false;
        }

        if (line.SequenceEqual(" kB"u8))
        {
            value = value > ulong.MaxValue / 1024 ? ulong.MaxValue : value * 1024;
        }

        return true;
    }

    /// <summary>The sum, or the end of 64 bits where it lies beyond.</summary>
    public static ulong Sum(ulong one, ulong other) => one > ulong.MaxValue - other ? ulong.MaxValue : one + other;

    /// <summary>
    /// A decimal number off the front; one beyond 64 bits stays at their end. False where there is no digit.
    /// </summary>
    public static bool TryReadNumber(scoped ref ReadOnlySpan<byte> text, out ulong value)
    {
        var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var number = digits < 0 ? text : text[..digits];
        text = digits < 0 ? default : text[digits..];
        var hasDigit = !number.IsEmpty;
        if (!TryReadDecimal(ref number, out value) && hasDigit)
        {
            value = ulong.MaxValue;
        }

        return hasDigit;
    }

    /// <summary>A number of octal digits and nothing else.</summary>
    public static bool TryParseOctal(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        foreach (var digit in text)
        {
            if (!IsOctal(digit) || value >> 61 != 0)
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return !text.IsEmpty;
    }

    /// <summary>A process or thread id from the name of a directory in /proc; false for every other name.</summary>
    public static bool TryParseId(ReadOnlySpan<byte> name, out int id)
    {
        var read = TryReadDecimal(ref name, out var value) && name.IsEmpty && value is > 0 and <= int.MaxValue;
        id = read ? (int)value : 0;
        return read;
    }

    /// <summary>
    /// Undoes the octal escapes (\012) that the kernel writes in maps and mountinfo, into the buffer given. A
    /// backslash itself is not escaped in maps, so a name with the four characters \012 in it reads as one with a line
    /// feed: where it matters, the inode decides, not the text.
    /// </summary>
    public static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> text, Span<byte> buffer)
    {
        if (text.IndexOf((byte)'\\') < 0 || buffer.Length < text.Length)
        {
            return text;
        }

        var written = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && IsOctal(text[i + 1]) && IsOctal(text[i + 2])
                && IsOctal(text[i + 3]))
            {
                buffer[written++] =
                    (byte)(((text[i + 1] - '0') << 6) | ((text[i + 2] - '0') << 3) | (text[i + 3] - '0'));
                i += 3;
            }
            else
            {
                buffer[written++] = text[i];
            }
        }

        return buffer[..written];
    }

    /// <summary>Text for people from bytes that may be no UTF-8.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static bool IsOctal(byte value) => (uint)(value - '0') <= 7;

    private static int HexDigit(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
