using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace PSSharedMemory.ConsoleHost;

/// <summary>What was typed at prompts, kept in the user's state folder: one entry a line, line ends escaped.</summary>
internal sealed class History
{
    private const int Most = 2000;

    private readonly List<string> _entries = [];
    private readonly string? _path;

    /// <param name="path">The file, or null for a history of this session only.</param>
    public History(string? path)
    {
        _path = path;
        try
        {
            if (path is null || !File.Exists(path))
            {
                return;
            }

            _entries.AddRange(File.ReadLines(path).TakeLast(Most).Select(Unescape));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _path = null; // a prompt without yesterday's history is still a prompt
        }
    }

    public IReadOnlyList<string> Entries => _entries;

    /// <summary>$XDG_STATE_HOME/PSSharedMemory/history, as the XDG base directory specification has it.</summary>
    public static string? DefaultPath()
    {
        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(state) || !Path.IsPathRooted(state))
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (home.Length == 0)
            {
                return null;
            }

            state = Path.Join(home, ".local", "state");
        }

        return Path.Join(state, "PSSharedMemory", "history");
    }

    /// <summary>Adds an entry, unless it begins with a blank (it is not to be kept) or repeats the last.</summary>
    public void Add(string entry)
    {
        if (entry.Length == 0 || entry[0] == ' ' || (_entries.Count > 0 && _entries[^1] == entry))
        {
            return;
        }

        _entries.Add(entry);
        if (_path is null)
        {
            return;
        }

        try
        {
            // Appended in one write, so that two consoles keep both their entries; what is typed is for nobody else.
            var options = new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            using var file = new FileStream(_path, options);
            file.Write(System.Text.Encoding.UTF8.GetBytes(Escape(entry) + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays in this session's history.
        }
    }

    private static string Escape(string entry) =>
        entry.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Unescape(string line)
    {
        // A backslash is escaped too, so each stands before what it means.
        var entry = new System.Text.StringBuilder(line.Length);
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\' && i + 1 < line.Length)
            {
                entry.Append(line[++i] == 'n' ? '\n' : line[i]);
            }
            else
            {
                entry.Append(line[i]);
            }
        }

        return entry.ToString();
    }
}
