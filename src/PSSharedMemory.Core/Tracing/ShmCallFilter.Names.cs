using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace PSSharedMemory;

/// <content>Names and descriptors of objects: paths as programs give them, absolute or not.</content>
internal sealed partial class ShmCallFilter
{
    private const string Root = "/dev/shm/";

    private readonly Dictionary<int, string?> _folders = [];

    /// <summary>Tells the working folder of a process of which the trace has not seen it yet.</summary>
    public Func<int, string?>? FolderOf { get; init; }

    // What an open call gives has the object's own name, whatever way led there.
    private ShmCall? ReadOpen(StraceLine line, string? folder, string argument)
    {
        var call = ReadOpenPath(line, folder, argument);
        // New, or emptied: whoever sets no size has none.
        if (call is { Error: null, Segment: { } name } && (line.Call == "creat"
            || line.ArgumentText.Contains("O_EXCL", StringComparison.Ordinal)
            || line.ArgumentText.Contains("O_TRUNC", StringComparison.Ordinal)))
        {
            _lengths[name] = 0;
        }

        return call;
    }

    private ShmCall? ReadOpenPath(StraceLine line, string? folder, string argument) =>
        ReadPath(line, folder, argument)
        ?? (line.Error is null && DescriptorName(line.Result) is { } name && name.StartsWith('/')
            ? Make(line, name) : null);

    private ShmCall? ReadPath(StraceLine line, string? folder, string argument) =>
        FullPath(line.ProcessId, folder, argument) is { } path && path.StartsWith(Root, StringComparison.Ordinal)
            ? Make(line, path[(Root.Length - 1)..])
            : null;

    // The name that is new; the old one where only that is an object's.
    private ShmCall? ReadNewName(StraceLine line, string? oldFolder, string oldName, string? folder, string name) =>
        ReadPath(line, folder, name) ?? ReadPath(line, oldFolder, oldName);

    private ShmCall? ReadLength(StraceLine line)
    {
        var size = Argument(line.Arguments, 1);
        return FullPath(line.ProcessId, null, Argument(line.Arguments, 0)) is { } path
            && path.StartsWith(Root, StringComparison.Ordinal)
            ? Make(line, NoteLength(line, path[(Root.Length - 1)..], size), length: Number(size))
            : null;
    }

    private ShmCall? ReadSize(StraceLine line, string size) =>
        DescriptorName(Argument(line.Arguments, 0)) is { } name
            ? Make(line, NoteLength(line, name, size), length: Number(size))
            : null;

    private string NoteLength(StraceLine line, string name, string size)
    {
        if (line.Call.Contains("truncate", StringComparison.Ordinal) && line.Error is null
            && Number(size) is { } length)
        {
            _lengths[name] = length;
        }

        return name;
    }

    private static ShmCall? ReadDescriptor(StraceLine line) =>
        DescriptorName(Argument(line.Arguments, 0)) is { } name ? Make(line, name) : null;

    // As long as what was written of it.
    private static ShmCall? ReadWrite(StraceLine line, int descriptor) =>
        DescriptorName(Argument(line.Arguments, descriptor)) is { } name
            ? Make(line, name, length: line.Error is null ? line.Value : null) : null;

    private static bool IsSealOrLock(string command) =>
        command is "F_ADD_SEALS" or "F_SETLK" or "F_SETLKW" or "F_SETLK64" or "F_SETLKW64" or "F_OFD_SETLK"
            or "F_OFD_SETLKW" or "F_SETLEASE";

    private void NoteFolder(StraceLine line)
    {
        var argument = Argument(line.Arguments, 0);
        _folders[LeaderOf(line.ProcessId)] = line.Call == "fchdir"
            ? DescriptorPath(argument)
            : FullPath(line.ProcessId, null, argument);
    }

    private void InheritFolder(int parent, int child)
    {
        if (LeaderOf(child) == child && _folders.TryGetValue(LeaderOf(parent), out var folder))
        {
            _folders.TryAdd(child, folder);
        }
    }

    // Null where the path is relative to a folder that is not known.
    private string? FullPath(int process, string? folder, string argument)
    {
        if (!argument.StartsWith('"'))
        {
            return null;
        }

        var path = Unquote(argument);
        if (!path.StartsWith('/'))
        {
            var from = folder is null ? WorkingFolder(process) : DescriptorPath(folder) ?? WorkingFolder(process);
            if (from is null || !from.StartsWith('/'))
            {
                return null;
            }

            path = $"{from}/{path}";
        }

        return path.Contains('\0', StringComparison.Ordinal) ? null : Path.GetFullPath(path);
    }

    private string? WorkingFolder(int process)
    {
        var leader = LeaderOf(process);
        if (!_folders.TryGetValue(leader, out var folder))
        {
            folder = _folders[leader] = FolderOf?.Invoke(leader);
        }

        return folder;
    }

    // "3</dev/shm/x>" or "4</memfd:label>(deleted)"; null for every other file.
    private static string? DescriptorName(string argument) => DescriptorPath(argument) is not { } path ? null
        : path.StartsWith(Root, StringComparison.Ordinal) ? path[(Root.Length - 1)..]
        : path.StartsWith("/memfd:", StringComparison.Ordinal) ? path[1..] : null;

    private static string? DescriptorPath(string argument)
    {
        var open = argument.IndexOf('<');
        var close = argument.LastIndexOf('>');
        if (open < 0 || close < open)
        {
            return null;
        }

        var path = argument[(open + 1)..close];
        const string Deleted = " (deleted)";
        return Unescape(path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path);
    }

    private static string Unquote(string argument)
    {
        var end = argument.LastIndexOf('"');
        return argument.StartsWith('"') && end > 0 ? Unescape(argument[1..end]) : argument;
    }

    // C's escapes, of which strace uses \n, \t, \", \\ and octal ones.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\'))
        {
            return text;
        }

        List<byte> bytes = [];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i].ToString()));
                continue;
            }

            var c = text[++i];
            if (c is >= '0' and <= '7')
            {
                var length = 1;
                while (length < 3 && i + length < text.Length && text[i + length] is >= '0' and <= '7')
                {
                    length++;
                }

                bytes.Add((byte)Convert.ToInt32(text.Substring(i, length), 8));
                i += length - 1;
            }
            else
            {
                bytes.Add((byte)(c switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'v' => '\v', 'f' => '\f', _ => c }));
            }
        }

        return ProcText.ToText(bytes.ToArray());
    }
}
