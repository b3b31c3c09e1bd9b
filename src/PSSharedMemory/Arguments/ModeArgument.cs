using System;
using System.Globalization;
using System.IO;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A mode as chmod(1) and ls(1) write it: '0640', 'rw-r-----', a UnixFileMode, or an integer whose digits are read as
/// octal. What is none is kept, so that the cmdlet says InvalidMode and not the parameter binder.
/// </summary>
public sealed class ModeArgument
{
    private const string Letters = "rwxrwxrwx";

    private readonly UnixFileMode? _value;

    /// <summary>Takes whatever was given.</summary>
    public ModeArgument(object input)
    {
        Input = (input as PSObject)?.BaseObject ?? input;
        _value = Input switch
        {
            UnixFileMode mode => mode,
            string text => Parse(text.Trim()),
            byte or sbyte or short or ushort or int or uint or long =>
                FromOctal(Convert.ToString(Input, CultureInfo.InvariantCulture)!),
            _ => null,
        };
    }

    /// <summary>What was given.</summary>
    public object Input { get; }

    /// <summary>The mode.</summary>
    /// <exception cref="ShmException">InvalidMode.</exception>
    public UnixFileMode Value => _value is { } mode && (mode & ~(UnixFileMode)0x1FF) == 0
        ? mode
        : throw new ShmException(
            ShmErrorId.InvalidMode, $"'{Input}' isn't a segment's mode. Use '0640', 640 or 'rw-r-----'.", Input);

    /// <summary>"rw-r-----".</summary>
    public static string ToText(UnixFileMode mode) => string.Create(Letters.Length, mode, static (text, mode) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = ((int)mode & (0x100 >> i)) != 0 ? Letters[i] : '-';
        }
    });

    /// <summary>As given.</summary>
    public override string ToString() => _value is { } mode ? ToText(mode) : $"{Input}";

    private static UnixFileMode? Parse(string text) =>
        text.Length == Letters.Length ? FromLetters(text) : FromOctal(text);

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
