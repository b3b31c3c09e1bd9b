using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace PSSharedMemory;

/// <summary>
/// Small text files of the kernel and of the system's settings, below a root that a test can put elsewhere. What is
/// not there, or may not be read, is null: unknown.
/// </summary>
internal sealed class HostFiles(string root = "/")
{
    /// <summary>The text without blanks around it, or null.</summary>
    public string? Read(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, path.TrimStart('/'))).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The lines, or none.</summary>
    public string[] ReadLines(string path) => Read(path)?.Split('\n') ?? [];

    /// <summary>The first word as a number; null where there is none. A number beyond 64 bits stays at their end.</summary>
    public ulong? ReadNumber(string path)
    {
        var text = Read(path);
        if (text == null)
        {
            return null;
        }

        ReadOnlySpan<char> word = text;
        var end = word.IndexOfAny(" \t\n");
        return ParseNumber(end < 0 ? word : word[..end]);
    }

    /// <summary>The number after "name:" in a file of such lines; kB are made bytes.</summary>
    public ulong? ReadValue(string path, string name)
    {
        foreach (var line in ReadLines(path))
        {
            if (!line.StartsWith(name, StringComparison.Ordinal) || line.Length <= name.Length || line[name.Length] != ':')
            {
                continue;
            }

            var words = line[(name.Length + 1)..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            var value = words.Length > 0 ? ParseNumber(words[0]) : null;
            return words.Length > 1 && words[1] == "kB" ? value * 1024 : value;
        }

        return null;
    }

    /// <summary>Names of what is in a folder, sorted; none where it is not there.</summary>
    public IReadOnlyList<string> List(string folder)
    {
        try
        {
            List<string> names = [];
            foreach (var path in Directory.EnumerateFileSystemEntries(Path.Combine(root, folder.TrimStart('/'))))
            {
                names.Add(Path.GetFileName(path));
            }

            names.Sort(StringComparer.Ordinal);
            return names;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether there is something at a path.</summary>
    public bool Exists(string path) => Path.Exists(Path.Combine(root, path.TrimStart('/')));

    private static ulong? ParseNumber(ReadOnlySpan<char> text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
        : text.Length > 19 && text.IndexOfAnyExceptInRange('0', '9') < 0 ? ulong.MaxValue
        : null;
}
