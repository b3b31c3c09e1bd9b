using System;
using System.Globalization;
using System.IO;

namespace PSSharedMemory.Commands;

/// <summary>How the views show values: the columns of <see cref="Column"/> are made of these.</summary>
public static partial class ShmDisplay
{
    private static readonly string[] Units = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>"100 B", "64 KB", "1.5 MB": in powers of 1024, as PowerShell's own suffixes count.</summary>
    public static string Size(long? bytes)
    {
        if (bytes is not { } count)
        {
            return "";
        }

        var unit = 0;
        double value = count;
        while (Math.Abs(value) >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        // Never rounded up to a value that belongs to the next unit.
        var shown = Math.Truncate(value * 10) / 10;
        return string.Create(CultureInfo.InvariantCulture, $"{shown:0.#} {Units[unit]}");
    }

    /// <summary>The same as <see cref="Size"/> in seven characters: without a decimal from 100 on.</summary>
    public static string ShortSize(long? bytes)
    {
        var text = Size(bytes);
        var point = text.IndexOf('.', StringComparison.Ordinal);
        return point >= 3 ? text.Remove(point, 2) : text;
    }

    /// <summary>A size; "?" where it cannot be known.</summary>
    public static string SizeOrUnknown(long? bytes) => bytes is null ? "?" : Size(bytes);

    /// <summary>"0x00001f40": an offset.</summary>
    public static string Offset(long offset) => string.Create(CultureInfo.InvariantCulture, $"0x{offset:x8}");

    /// <summary>"0x7f0012340000".</summary>
    public static string Address(long? address) =>
        address is { } at ? string.Create(CultureInfo.InvariantCulture, $"0x{at:x}") : "";

    /// <summary>"0x0000beef"; nothing for a private segment.</summary>
    public static string Key(int? key) => key is null or 0 ? "" : SysVKey.ToText(key.Value);

    /// <summary>"rw-r-----".</summary>
    public static string Mode(UnixFileMode mode) => ModeArgument.ToText(mode);

    /// <summary>"rw-", as /proc/PID/maps shows it.</summary>
    public static string Protection(ShmProtection protection) =>
        string.Create(3, protection, static (text, protection) =>
        {
            text[0] = protection.HasFlag(ShmProtection.Read) ? 'r' : '-';
            text[1] = protection.HasFlag(ShmProtection.Write) ? 'w' : '-';
            text[2] = protection.HasFlag(ShmProtection.Execute) ? 'x' : '-';
        });

    /// <summary>"0 s", "59 m", "23 h", "99 d", "52 w", "2 y": an age in four characters.</summary>
    public static string Age(TimeSpan? age) => age switch
    {
        null => "",
        { TotalMinutes: < 1 } seconds => Rounded(seconds.TotalSeconds, "s"),
        { TotalHours: < 1 } minutes => Rounded(minutes.TotalMinutes, "m"),
        { TotalDays: < 1 } hours => Rounded(hours.TotalHours, "h"),
        { TotalDays: < 100 } days => Rounded(days.TotalDays, "d"),
        { TotalDays: < 366 } weeks => Rounded(weeks.TotalDays / 7, "w"),
        { } years => Rounded(years.TotalDays / 365.25, "y"),
    };

    private static string Rounded(double count, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{(long)count} {unit}");

    /// <summary>
    /// Text for one line of a terminal: control characters and bytes that aren't UTF-8 are shown as \xNN, what is
    /// invisible as \uNNNN.
    /// </summary>
    public static string Text(string? text) => PrintableText.Of(text ?? "");
}
