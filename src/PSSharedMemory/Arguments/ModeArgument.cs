using System;
using System.IO;

namespace PSSharedMemory.Commands;

/// <summary>
/// A mode as chmod(1) and ls(1) write it: '0640', 'rw-r-----', a UnixFileMode, or an integer whose digits are read as
/// octal. Parameters take it as text, which PowerShell makes of all of them, so that the cmdlet says InvalidMode and
/// not the parameter binder.
/// </summary>
public static class ModeArgument
{
    private const string Letters = "rwxrwxrwx";

    /// <summary>The mode.</summary>
    /// <exception cref="ShmException">InvalidMode.</exception>
    public static UnixFileMode Parse(string text) => Read(text.Trim()) is { } mode && (mode & ~(UnixFileMode)0x1FF) == 0
        ? mode
        : throw new ShmException(
            ShmErrorId.InvalidMode, $"'{text}' isn't a segment's mode. Use '0640', 640 or 'rw-r-----'.", text);

    /// <summary>Any form of a mode as "rw-r-----".</summary>
    /// <exception cref="ShmException">InvalidMode.</exception>
    public static string Normalize(string text) => ToText(Parse(text));

    /// <summary>"rw-r-----".</summary>
    public static string ToText(UnixFileMode mode) => string.Create(Letters.Length, mode, static (text, mode) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = ((int)mode & (0x100 >> i)) != 0 ? Letters[i] : '-';
        }
    });

    // "UserRead, UserWrite" is what PowerShell makes of a UnixFileMode.
    private static UnixFileMode? Read(string text) => text.Length == Letters.Length && FromLetters(text) is { } letters
        ? letters
            : text.Length > 0 && !char.IsAsciiDigit(text[0]) && text[0] is not ('-'
                or '+') && Enum.TryParse<UnixFileMode>(text, ignoreCase: true, out var named) ? named
            : FromOctal(text);

    private static UnixFileMode? FromLetters(string text)
    {
        var mode = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == Letters[i])
            {
                mode |= 0x100 >> i;
            }
            else if (text[i] != '-')
            {
                return null;
            }
        }

        return (UnixFileMode)mode;
    }

    private static UnixFileMode? FromOctal(string digits)
    {
        // As C23 and Python write it.
        if (digits.StartsWith("0o", StringComparison.OrdinalIgnoreCase))
        {
            digits = digits[2..];
        }

        if (digits.Length is 0 or > 5)
        {
            return null;
        }

        var mode = 0;
        foreach (var digit in digits)
        {
            if (digit is < '0' or > '7')
            {
                return null;
            }

            mode = (mode * 8) + (digit - '0');
        }

        return (UnixFileMode)mode;
    }
}
