using System;
using System.Collections;
using System.IO;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Reads './orders' as a path, as a shell does: where that leads to /dev/shm, it's the name. So it is with a path that
/// names its provider. Other text stays as it is.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NamePathAttribute : ArgumentTransformationAttribute
{
    private const string SharedMemory = "/dev/shm/";
    private const string Provider = "FileSystem::";

    /// <summary>Whether the parameter takes one name; several are refused in better words than the binder's.</summary>
    public bool IsOne { get; set; }

    /// <summary>Whether the text may be a pattern; where one is has no part in that.</summary>
    public bool IsPattern { get; set; }

    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics? engineIntrinsics, object? inputData) =>
        IsOne && PlainObject.Of(inputData) is IList { Count: > 1 }
            ? throw new ArgumentTransformationMetadataException(
                "Give only one name, and make each segment with its own call.")
            : engineIntrinsics is null ? inputData : Read(inputData, engineIntrinsics.SessionState, IsPattern);

    /// <summary>The argument, with the names that its paths mean.</summary>
    internal static object? Read(object? input, SessionState session, bool isPattern) => PlainObject.Of(input) switch
    {
        string text => Name(text, session, isPattern) is { } name ? name : input,
        object?[] many when Array.Exists(many, one => PlainObject.Of(one) is string text && IsPath(text)) =>
            many.Select(one => Read(one, session, isPattern)).ToArray(),
        _ => input,
    };

    // PowerShell takes '\\' for '/' in paths; in names it's a character as any other.
    private static bool IsPath(string text) => IsRelative(text) || text.Contains(Provider, StringComparison.Ordinal);

    private static bool IsRelative(string text) =>
        text is ['.' or '~', '/' or '\\', ..] or ['.', '.', '/' or '\\', ..];

    private static string? Name(string text, SessionState session, bool isPattern)
    {
        if (!IsPath(text))
        {
            return null;
        }

        text = IsRelative(text) ? text.Replace('\\', '/') : text;
        var start = text.IndexOf(Provider, StringComparison.Ordinal);
        var path = start >= 0 ? text[(start + Provider.Length)..]
            : text[0] == '~'
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), text[2..])
            : Path.Combine(Location(session, isPattern), text);
        return Path.IsPathRooted(path) && Path.GetFullPath(path) is var full
            && full.StartsWith(SharedMemory, StringComparison.Ordinal) ? full : null;
    }

    private static string Location(SessionState session, bool isPattern) =>
        session.Path.CurrentFileSystemLocation.ProviderPath is var path && isPattern
            ? WildcardPattern.Escape(path) : path;
}
