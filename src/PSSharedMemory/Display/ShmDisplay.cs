using System;
using System.Globalization;
using System.IO;

namespace PSSharedMemory.Commands;

/// <summary>How the views show values; the format files call these and nothing else.</summary>
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

    /// <summary>"Nov 23 18:05", or "Nov 23  2025" for what is older than half a year, as ls -l shows times.</summary>
    public static string Time(DateTime? time) => time?.ToLocalTime() is { } at
        ? at.ToString(
            Math.Abs((DateTime.Now - at).TotalDays) < 183 ? "MMM dd HH:mm" : "MMM dd  yyyy",
            CultureInfo.InvariantCulture)
        : "";

    /// <summary>"rw-r-----".</summary>
    public static string Mode(UnixFileMode mode) => ModeArgument.ToText(mode);

    /// <summary>"0x0000beef"; nothing for a private segment.</summary>
    public static string Key(int? key) => key is null or 0 ? "" : SysVKey.ToText(key.Value);

    /// <summary>"/name", "id 5", "memfd:label".</summary>
    public static string Name(ShmSegment segment) => segment.Label;

    /// <summary>"0 s", "59 m", "23 h", "99 d", "2 y": an age in four characters.</summary>
    public static string Age(TimeSpan? age) => age switch
    {
        null => "",
        { TotalMinutes: < 1 } seconds => Rounded(seconds.TotalSeconds, "s"),
        { TotalHours: < 1 } minutes => Rounded(minutes.TotalMinutes, "m"),
        { TotalDays: < 1 } hours => Rounded(hours.TotalHours, "h"),
        { TotalDays: < 100 } days => Rounded(days.TotalDays, "d"),
        { } years => Rounded(years.TotalDays / 365.25, "y"),
    };

    private static string Rounded(double count, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{(long)count} {unit}");

    /// <summary>"0x7f0012340000".</summary>
    public static string Address(long? address) =>
        address is { } at ? string.Create(CultureInfo.InvariantCulture, $"0x{at:x}") : "";

    /// <summary>The segment of a mapping, and whether it still has its name.</summary>
    public static string Segment(ShmMapping mapping) =>
        IsRemoved(mapping) ? mapping.Segment.Label + " [removed]" : mapping.Segment.Label;

    private static bool IsRemoved(ShmMapping mapping)
    {
        if (!mapping.IsMounted || mapping.Segment.Kind is not (ShmKind.Posix or ShmKind.SysV))
        {
            return false;
        }

        try
        {
            return (ShmSegments.Refresh(mapping.Segment).Status & ShmSegmentStatus.RemovalPending) != 0;
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.IdentityChanged)
        {
            return true;
        }
        catch (ShmException)
        {
            // What may not be looked at is not said to be gone.
            return false;
        }
    }

    /// <summary>"rw-", as /proc/PID/maps shows it.</summary>
    public static string Protection(ShmProtection protection) =>
        string.Create(3, protection, static (text, protection) =>
        {
            text[0] = protection.HasFlag(ShmProtection.Read) ? 'r' : '-';
            text[1] = protection.HasFlag(ShmProtection.Write) ? 'w' : '-';
            text[2] = protection.HasFlag(ShmProtection.Execute) ? 'x' : '-';
        });

    /// <summary>What the pages of a mapping allow now: "r--", or "mixed" where they differ.</summary>
    public static string Protection(ShmMapping mapping) =>
        mapping.Regions is [var only] ? Protection(only.Protection) : "mixed";

    /// <summary>The name, with what is special about the segment behind it.</summary>
    public static string NameAndStatus(ShmSegment segment) =>
        segment.Status == ShmSegmentStatus.None ? Name(segment) : $"{Name(segment)} [{segment.Status}]";

    /// <summary>
    /// Text for one line of a terminal: control characters and bytes that aren't UTF-8 are shown as \xNN, what is
    /// invisible as \uNNNN.
    /// </summary>
    public static string Text(string? text) => PrintableText.Of(text ?? "");

    /// <summary>The same as <see cref="Size"/> in seven characters: without a decimal from 100 on.</summary>
    public static string ShortSize(long? bytes)
    {
        var text = Size(bytes);
        var point = text.IndexOf('.', StringComparison.Ordinal);
        return point >= 3 ? text.Remove(point, 2) : text;
    }
}
