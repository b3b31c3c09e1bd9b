using System;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <content>Colours: on a terminal that wants them, never in a file, a pipe or where NO_COLOR is set.</content>
public static partial class ShmDisplay
{
    /// <summary>A verdict: what may be in the way is red or yellow.</summary>
    public static string Verdict(ShmStat stat, object? style) => Paint($"{stat.Verdict}", stat.Verdict switch
    {
        ShmVerdict.InUse => "Green",
        ShmVerdict.Unattached => "BrightRed",
        ShmVerdict.RemovalPending => "Yellow",
        _ => null,
    }, style);

    /// <summary>How a check came out.</summary>
    public static string Result(ShmHostCheck check, object? style) => Paint($"{check.Result}", check.Result switch
    {
        ShmCheckResult.Pass => "Green",
        ShmCheckResult.Warning => "Yellow",
        _ => "BrightRed",
    }, style);

    /// <summary>
    /// Per cent of a limit: yellow from 80 on, red from 95 on, where the limit is one that can fill up.
    /// </summary>
    public static string Percent(ShmLimit limit, object? style) => limit.Percent is { } percent
        ? Paint(
            percent.ToString("0.#", CultureInfo.InvariantCulture),
            percent >= 95 ? "BrightRed" : percent >= 80 ? "Yellow" : null, style)
        : "";

    /// <summary>The text in a colour of $PSStyle.Foreground.</summary>
    internal static string Paint(string text, string? colour, object? style)
    {
        if (colour is null || text.Length == 0 || Colours(style) is not { } colours)
        {
            return text;
        }

        return $"{colours.Properties[colour].Value}{text}{PSObject.AsPSObject(style).Properties["Reset"].Value}";
    }

    /// <summary>$PSStyle.Foreground; null where no colours are wanted.</summary>
    internal static PSObject? Colours(object? style)
    {
        if (style is null || Console.IsOutputRedirected
            || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
        {
            return null;
        }

        var properties = PSObject.AsPSObject(style).Properties;
        return $"{properties["OutputRendering"]?.Value}" == "PlainText"
            ? null
            : PSObject.AsPSObject(properties["Foreground"].Value);
    }
}
