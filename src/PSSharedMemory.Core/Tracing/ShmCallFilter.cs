using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// Turns strace's output into the calls that are about shared memory. It keeps track of where shared areas are, so that
/// only those munmap and mprotect calls that touch them are shown.
/// </summary>
internal sealed partial class ShmCallFilter(bool includesFutex)
{
    private static readonly long Page = Environment.SystemPageSize;

    private readonly Dictionary<int, string> _pending = [];
    private readonly TracedAreas _books = new();
    private readonly Dictionary<long, long> _sizes = [];

    /// <summary>
    /// Tells the size in bytes of a System V segment that the trace has not seen made; null if there is none with that
    /// id.
    /// </summary>
    public Func<long, long?>? SizeOf { get; init; }

    /// <summary>Tells the size in bytes of a POSIX object by its name; null if there is none of that name.</summary>
    public Func<string, long?>? LengthOf { get; init; }

    /// <summary>Tells why shmget failed, of its key, size and errno.</summary>
    public Func<int, long, string, string?>? ReasonOf { get; init; }

    /// <summary>Whether the traced processes are in other namespaces.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>
    /// The calls that strace is asked for. All mmap calls are, since a private one may take a shared one's place.
    /// </summary>
    public static string SystemCalls(bool includesFutex) =>
        "execve,clone,clone3,?fork,?vfork,shmget,shmat,shmdt,shmctl,?open,openat,?unlink,unlinkat,?link,linkat,?rename,?renameat,?renameat2,"
        + "?mkdir,mkdirat,?rmdir,?chmod,fchmod,fchmodat,?chown,fchown,fchownat,fcntl,flock,"
        + "ftruncate,fallocate,?write,?pwrite64,?writev,?pwritev,?pwritev2,?sendfile,?copy_file_range,"
        + "madvise,mmap,munmap,mprotect,mremap,memfd_create"
        + (includesFutex ? ",futex" : "");

    /// <summary>Tells it of an area that was there before the trace began.</summary>
    public void AddArea(long address, long length, string segment, long offset = 0) =>
        _books.AddFirst(new TracedAreas.Area(address, length, segment, offset));

    /// <summary>The call of a line; null where it is none on shared memory.</summary>
    public ShmCall? Read(string text)
    {
        var call = ReadEvent(text) ?? ReadCall(text);
        if (call is not null)
        {
            _shown.Add(LeaderOf(call.ProcessId));
            call.IsElsewhere = IsElsewhere;
        }

        return call;
    }

    private ShmCall? ReadCall(string text)
    {
        var line = StraceLine.Parse(text, _pending);
        if (line is null)
        {
            return null;
        }

        NoteOrigin(line.ProcessId);
        var arguments = line.Arguments;
        switch (line.Call)
        {
            case "execve" when line.Error is null:
                _books.Execute(line.ProcessId);
                return null;
            case "clone" or "clone3" or "fork" or "vfork" when line.Value is > 0 and { } child:
                if (line.ArgumentText.Contains("CLONE_THREAD", StringComparison.Ordinal))
                {
                    _leaders[(int)child] = LeaderOf(line.ProcessId);
                }

                _books.Fork(
                    line.ProcessId, (int)child, SharesMemory(line.Call + "(" + line.ArgumentText), isCertain: true);
                return null;
            default:
                break;
        }

        return line.Call switch
        {
            "shmget" => ReadGet(line),
            "shmat" => ReadAttach(line),
            "shmdt" => ReadDetach(line),
            "shmctl" => Make(line, IdName(Argument(arguments, 0))),
            "memfd_create" => Make(line, "memfd:" + Unquote(Argument(arguments, 0))),
            "open" or "unlink" or "mkdir" or "rmdir" or "chmod" or "chown" => ReadPath(line, Argument(arguments, 0)),
            "openat" or "unlinkat" or "mkdirat" or "fchmodat" or "fchownat" => ReadPath(line, Argument(arguments, 1)),
            "link" or "rename" => ReadNewName(line, Argument(arguments, 0), Argument(arguments, 1)),
            "linkat" or "renameat" or "renameat2" => ReadNewName(line, Argument(arguments, 1), Argument(arguments, 3)),
            "fchmod" or "fchown" or "flock" => ReadDescriptor(line),
            "write" or "pwrite64" or "writev" or "pwritev" or "pwritev2" or "sendfile" => ReadWrite(line, 0),
            "copy_file_range" => ReadWrite(line, 2),
            "fcntl" when IsSealOrLock(Argument(arguments, 1)) => ReadDescriptor(line),
            "madvise" when Argument(arguments, 2) == "MADV_REMOVE" => ReadArea(line),
            "ftruncate" => ReadSize(line, Argument(arguments, 1)),
            "fallocate" => ReadSize(line, Argument(arguments, 3)),
            "mmap" => ReadMap(line),
            "munmap" or "mprotect" => ReadArea(line),
            "mremap" => ReadRemap(line),
            "futex" => ReadFutex(line),
            _ => null,
        };
    }

    // A child may show up before its parent's call has returned; that call is then still pending.
    private void NoteOrigin(int process)
    {
        if (_books.Knows(process))
        {
            return;
        }

        foreach ((var parent, var text) in _pending)
        {
            var space = text.IndexOf(' ');
            var call = text[(space + 1)..];
            if (call.StartsWith("clone", StringComparison.Ordinal) || call.StartsWith("fork", StringComparison.Ordinal)
                || call.StartsWith("vfork", StringComparison.Ordinal))
            {
                _books.Fork(parent, process, SharesMemory(call), isCertain: false);
                return;
            }
        }
    }

    private static bool SharesMemory(string call) =>
        call.Contains("CLONE_VM", StringComparison.Ordinal) || call.StartsWith("vfork", StringComparison.Ordinal);

    private static string Argument(IReadOnlyList<string> arguments, int index) =>
        index < arguments.Count ? arguments[index] : "";

    private static long? Number(string argument) => StraceLine.ParseNumber(argument);

    private ShmCall ReadGet(StraceLine line)
    {
        var key = Argument(line.Arguments, 0);
        if (line.Value is { } id && line.Error is null && Number(Argument(line.Arguments, 1)) is { } size)
        {
            _sizes[id] = size;
        }

        var name = key == "IPC_PRIVATE"
            ? "private"
            : Number(key) is { } number ? FormattableString.Invariant($"key 0x{number:x8}") : $"key {key}";
        var bytes = Number(Argument(line.Arguments, 1));
        return Make(line, name, length: bytes, detail: line.Error is not { } error ? null
            : ReasonOf?.Invoke(key == "IPC_PRIVATE" ? 0 : unchecked((int)(Number(key) ?? 0)), bytes ?? 0, error));
    }

    private ShmCall ReadAttach(StraceLine line)
    {
        var id = Argument(line.Arguments, 0);
        var length = Number(id) is not { } number
            ? null
            : _sizes.TryGetValue(number, out var size) ? size : SizeOf?.Invoke(number);
        if (line.Error is null && line.Value is { } address)
        {
            _books.Map(line.ProcessId, address, length ?? Page, IdName(id));
        }

        return Make(line, IdName(id), line.Error is null ? line.Value : Number(Argument(line.Arguments, 1)), length);
    }

    private ShmCall ReadDetach(StraceLine line)
    {
        var address = Number(Argument(line.Arguments, 0));
        var area = address is { } at ? _books.At(line.ProcessId, at) : null;
        if (line.Error is null && area is not null)
        {
            _books.Remove(line.ProcessId, area);
        }

        return Make(line, area?.Segment, address, area?.Length);
    }

    private static ShmCall? ReadPath(StraceLine line, string argument)
    {
        var path = Unquote(argument);
        const string Folder = "/dev/shm/";
        return path.StartsWith(Folder, StringComparison.Ordinal) ? Make(line, path[(Folder.Length - 1)..]) : null;
    }

    private ShmCall? ReadSize(StraceLine line, string size) =>
        DescriptorName(Argument(line.Arguments, 0)) is { } name
            ? Make(line, NoteLength(line, name, size), length: Number(size))
            : null;

    private ShmCall? ReadMap(StraceLine line)
    {
        var length = Number(Argument(line.Arguments, 1));
        var flags = Argument(line.Arguments, 3);
        var isShared = HasFlag(flags, "MAP_SHARED") || HasFlag(flags, "MAP_SHARED_VALIDATE");
        var segment = DescriptorName(Argument(line.Arguments, 4))
            ?? (isShared && HasFlag(flags, "MAP_ANONYMOUS") ? "anonymous" : null);
        if (line.Error is null && line.Value is { } address && length is { } bytes)
        {
            if (segment is null)
            {
                _books.Unmap(line.ProcessId, address, bytes);
            }
            else
            {
                _books.Map(line.ProcessId, address, bytes, segment, Number(Argument(line.Arguments, 5)) ?? 0);
            }
        }

        return segment is null
            ? null
            : Make(line, segment, line.Error is null ? line.Value : Number(Argument(line.Arguments, 0)), length);
    }

    private ShmCall? ReadArea(StraceLine line)
    {
        if (Number(Argument(line.Arguments, 0)) is not { } address
            || Number(Argument(line.Arguments, 1)) is not { } length)
        {
            return null;
        }

        var area = _books.Find(line.ProcessId, address, length);
        if (area is null)
        {
            return null;
        }

        if (line.Call == "munmap" && line.Error is null)
        {
            _books.Unmap(line.ProcessId, address, length);
        }

        return Make(line, area.Segment, address, length);
    }

    private ShmCall? ReadRemap(StraceLine line)
    {
        if (Number(Argument(line.Arguments, 0)) is not { } address
            || Number(Argument(line.Arguments, 1)) is not { } length)
        {
            return null;
        }

        var area = _books.Find(line.ProcessId, address, length);
        if (area is null)
        {
            return null;
        }

        if (line.Error is null && line.Value is { } moved && Number(Argument(line.Arguments, 2)) is { } now)
        {
            _books.Unmap(line.ProcessId, address, length);
            _books.Map(line.ProcessId, moved, now, area.Segment, area.Offset + address - area.Address);
        }

        return Make(line, area.Segment, address, length);
    }

    private ShmCall? ReadFutex(StraceLine line)
    {
        // A private futex is one process' own business.
        if (!includesFutex || Argument(line.Arguments, 1).Contains("PRIVATE", StringComparison.Ordinal))
        {
            return null;
        }

        var address = Number(Argument(line.Arguments, 0));
        return Make(line, address is { } at ? _books.Find(line.ProcessId, at, 4)?.Segment : null, address);
    }

    private static ShmCall Make(
        StraceLine line, string? segment, long? address = null, long? length = null, string? detail = null) => new()
        {
            Time = line.Time,
            ProcessId = line.ProcessId,
            Call = line.Call,
            Arguments = line.ArgumentText,
            Result = line.Value,
            Error = line.Error,
            Segment = segment,
            Address = address,
            Length = length,
            Detail = detail,
        };

    private static string IdName(string id) => $"id {id}";

    private static bool HasFlag(string flags, string flag) => Array.IndexOf(flags.Split('|'), flag) >= 0;

    // "3</dev/shm/x>" or "4</memfd:label>(deleted)"; null for every other file.
    private static string? DescriptorName(string argument)
    {
        var open = argument.IndexOf('<');
        var close = argument.LastIndexOf('>');
        if (open < 0 || close < open)
        {
            return null;
        }

        var path = argument[(open + 1)..close];
        const string Deleted = " (deleted)";
        if (path.EndsWith(Deleted, StringComparison.Ordinal))
        {
            path = path[..^Deleted.Length];
        }

        if (path.StartsWith("/dev/shm/", StringComparison.Ordinal))
        {
            return Unescape(path["/dev/shm".Length..]);
        }

        return path.StartsWith("/memfd:", StringComparison.Ordinal) ? Unescape(path[1..]) : null;
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
                bytes.AddRange(System.Text.Encoding.UTF8.GetBytes(text[i].ToString()));
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
