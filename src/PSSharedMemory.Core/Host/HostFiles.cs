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

    /// <summary>The bytes as they are; empty where they cannot be read.</summary>
    public byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(root, path.TrimStart('/')));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
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

    /// <summary>The number of a name in a file of such lines, as in meminfo, status and memory.stat; kB become bytes.</summary>
    public ulong? ReadValue(string path, string name)
    {
        foreach (var line in ReadLines(path))
        {
            if (TryReadValue(line, name, out var value))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The number of a line "Name:  12 kB" or "name 12", if it has that name; kB become bytes.</summary>
    public static bool TryReadValue(ReadOnlySpan<char> line, ReadOnlySpan<char> name, out ulong value)
    {
        value = 0;
        if (!line.StartsWith(name) || line.Length <= name.Length || line[name.Length] is not (':' or ' '))
        {
            return false;
        }

        var rest = line[(name.Length + 1)..].Trim();
        var end = rest.IndexOfAny(" \t");
        if (ParseNumber(end < 0 ? rest : rest[..end]) is not { } number)
        {
            return false;
        }

        value = end >= 0 && rest[end..].Trim() is "kB" ? number * 1024 : number;
        return true;
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
