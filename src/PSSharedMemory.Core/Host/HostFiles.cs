using System;
using System.Collections.Generic;
using System.IO;

namespace PSSharedMemory;

/// <summary>
/// Small text files of the kernel and of the system's settings, below a root that a test can put elsewhere. What isn't
/// there, or may not be read, is null: unknown.
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
            using var file = new FileStream(
                Path.Combine(root, path.TrimStart('/')), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0);
            return ReadToEnd(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The lines, or none.</summary>
    public string[] ReadLines(string path) => Read(path)?.Split('\n') ?? [];

    /// <summary>
    /// The number that the file begins with; null where there is none. One that exceeds 64 bits becomes the largest.
    /// </summary>
    public ulong? ReadNumber(string path)
    {
        ReadOnlySpan<byte> text = ReadBytes(path);
        text = text.TrimStart(" \t\n"u8);
        return ProcText.TryReadNumber(ref text, out var number)
            && (text.IsEmpty || text[0] is (byte)' ' or (byte)'\t' or (byte)'\n')
            ? number
            : null;
    }

    /// <summary>
    /// The number of a name in a file of such lines, as in meminfo, status and memory.stat; kB become bytes.
    /// </summary>
    public ulong? ReadValue(string path, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> text = ReadBytes(path);
        while (ProcText.TryReadLine(ref text, out var line))
        {
            if (ProcText.TryReadValue(line, name, out var value))
            {
                return value;
            }
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

    /// <summary>Whether this user may not read what is at a path, or not reach it.</summary>
    public bool IsClosed(string path)
    {
        var full = Path.Combine(root, path.TrimStart('/'));
        try
        {
            // Asked of the file itself: that it exists is unknown behind a closed folder.
            if ((File.GetAttributes(full) & FileAttributes.Directory) != 0)
            {
                _ = Directory.GetFileSystemEntries(full);
            }
            else
            {
                using var file = File.OpenRead(full);
            }

            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Whether there is something at a path.</summary>
    public bool Exists(string path) => Path.Exists(Path.Combine(root, path.TrimStart('/')));

    // Not File.ReadAllBytes: a file of /sys claims a page and has a few bytes, which it takes for an error. And with
    // room for a page from the first read on: a file of /proc/sys gives its number to one read only.
    private static byte[] ReadToEnd(FileStream file)
    {
        var bytes = new byte[4096];
        var length = 0;
        int count;
        while ((count = file.Read(bytes, length, bytes.Length - length)) > 0)
        {
            length += count;
            if (length == bytes.Length)
            {
                Array.Resize(ref bytes, length * 2);
            }
        }

        return bytes[..length];
    }
}
