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
    private readonly Dictionary<long, long> _keys = [];

    // Segments of huge pages, by their labels.
    private readonly HashSet<string> _huge = [];

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
        "execve,clone,clone3,?fork,?vfork,chdir,fchdir,shmget,shmat,shmdt,shmctl,?open,openat,?openat2,?creat,"
        + "?unlink,unlinkat,?link,linkat,?rename,?renameat,?renameat2,?symlink,symlinkat,?mkdir,mkdirat,?rmdir,"
        + "?chmod,fchmod,fchmodat,?fchmodat2,?chown,fchown,fchownat,?lchown,fcntl,flock,"
        + "?truncate,ftruncate,fallocate,?write,?pwrite64,?writev,?pwritev,?pwritev2,?sendfile,?copy_file_range,"
        + "kill,tkill,tgkill,madvise,mmap,munmap,mprotect,mremap,mlock,?mlock2,munlock,memfd_create,"
        // Programs of 32 bits.
        + "?mmap2,?fcntl64,?truncate64,?ftruncate64,?chown32,?fchown32,?lchown32,?sendfile64"
        + (includesFutex ? ",futex" : "");

    /// <summary>Tells it of an area that a process had before the trace began.</summary>
    public void AddArea(
        int process, long address, long length, string segment, long offset = 0,
        ShmProtection? access = null) =>
        _books.AddFirst(process, new TracedAreas.Area(address, length, segment, offset, access));

    /// <summary>Tells it of a thread that a process had before the trace began.</summary>
    public void AddThread(int process, int thread)
    {
        _leaders[thread] = process;
        _books.Fork(process, thread, sharesMemory: true, isCertain: true);
    }

    /// <summary>The call of a line; null where it is none on shared memory.</summary>
    public ShmCall? Read(string text)
    {
        var call = ReadEvent(text);
        if (call is null && StraceLine.Parse(text, _pending) is { } line)
        {
            call = ReadCall(line);
            if (call is { Error: not null, Detail: null })
            {
                call.Detail = WhyFailed(line, call.Segment);
            }
        }

        if (call is not null)
        {
            _shown.Add(LeaderOf(call.ProcessId));
            call.IsElsewhere = IsElsewhere;
        }

        return call;
    }

    private ShmCall? ReadCall(StraceLine line)
    {
        NoteOrigin(line.ProcessId);
        var arguments = line.Arguments;
        switch (line.Call)
        {
            case "execve" when line.Error is null:
                return ReadExecute(line);
            case "kill" or "tkill" or "tgkill":
                if (line.Error is null)
                {
                    NoteKill(line.ProcessId, $"{line.Call}({line.ArgumentText}");
                }

                return null;
            case "chdir" or "fchdir" when line.Error is null:
                NoteFolder(line);
                return null;
            case "clone" or "clone3" or "fork" or "vfork" when line.Value is > 0 and { } child:
                if (line.ArgumentText.Contains("CLONE_THREAD", StringComparison.Ordinal))
                {
                    _leaders[(int)child] = LeaderOf(line.ProcessId);
                }

                _books.Fork(
                    line.ProcessId, (int)child, SharesMemory(line.Call + "(" + line.ArgumentText), isCertain: true);
                InheritFolder(line.ProcessId, (int)child);
                return null;
            default:
                break;
        }

        return line.Call switch
        {
            "shmget" => ReadGet(line),
            "shmat" => ReadAttach(line),
            "shmdt" => ReadDetach(line),
            "shmctl" => Make(line, IdName(Argument(arguments, 0)), detail: NoSuchId(line)),
            "memfd_create" => Make(line, NoteHuge("memfd:" + Unquote(Argument(arguments, 0)), Argument(arguments, 1))),
            "open" or "creat" => ReadOpen(line, null, Argument(arguments, 0)),
            "openat" or "openat2" => ReadOpen(line, Argument(arguments, 0), Argument(arguments, 1)),
            "unlink" or "mkdir" or "rmdir" or "chmod" or "chown" or "lchown" or "chown32" or "lchown32" =>
                ReadPath(line, null, Argument(arguments, 0)),
            "unlinkat" or "mkdirat" or "fchmodat" or "fchmodat2" or "fchownat" =>
                ReadPath(line, Argument(arguments, 0), Argument(arguments, 1)),
            "link" or "rename" => ReadNewName(line, null, Argument(arguments, 0), null, Argument(arguments, 1)),
            "linkat" or "renameat" or "renameat2" => ReadNewName(
                line, Argument(arguments, 0), Argument(arguments, 1), Argument(arguments, 2), Argument(arguments, 3)),
            "symlink" => ReadPath(line, null, Argument(arguments, 1)),
            "symlinkat" => ReadPath(line, Argument(arguments, 1), Argument(arguments, 2)),
            "fchmod" or "fchown" or "fchown32" or "flock" => ReadDescriptor(line),
            "write" or "writev" when DescriptorName(Argument(arguments, 0)) is null => ReadWords(line),
            "write" or "pwrite64" or "writev" or "pwritev" or "pwritev2" or "sendfile" or "sendfile64" =>
                ReadWrite(line, 0),
            "copy_file_range" => ReadWrite(line, 2),
            "fcntl" or "fcntl64" when IsSealOrLock(Argument(arguments, 1)) => ReadDescriptor(line),
            "madvise" when Argument(arguments, 2) == "MADV_REMOVE" => ReadArea(line),
            "truncate" or "truncate64" => ReadLength(line),
            "ftruncate" or "ftruncate64" => ReadSize(line, Argument(arguments, 1)),
            "fallocate" => ReadSize(line, Argument(arguments, 3)),
            "mmap" or "mmap2" => ReadMap(line),
            "munmap" or "mprotect" or "mlock" or "mlock2" or "munlock" => ReadArea(line),
            "mremap" => ReadRemap(line),
            "futex" => ReadFutex(line),
            _ => null,
        };
    }

    private ShmCall? ReadWords(StraceLine line)
    {
        NoteWords(line);
        return null;
    }

    private string NoteHuge(string label, string flags)
    {
        if (flags.Contains("_HUGETLB", StringComparison.Ordinal))
        {
            _huge.Add(label);
        }

        return label;
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
                InheritFolder(parent, process);
                return;
            }
        }
    }

    private static bool SharesMemory(string call) =>
        call.Contains("CLONE_VM", StringComparison.Ordinal) || call.StartsWith("vfork", StringComparison.Ordinal);

    private static string Argument(IReadOnlyList<string> arguments, int index) =>
        index < arguments.Count ? arguments[index] : "";

    private static long? Number(string argument) => StraceLine.ParseNumber(argument);

    private ShmCall? ReadMap(StraceLine line)
    {
        var length = Number(Argument(line.Arguments, 1));
        var flags = Argument(line.Arguments, 3);
        var isShared = HasFlag(flags, "MAP_SHARED") || HasFlag(flags, "MAP_SHARED_VALIDATE");
        var segment = DescriptorName(Argument(line.Arguments, 4))
            ?? (isShared && HasFlag(flags, "MAP_ANONYMOUS") ? "anonymous" : null);
        string? detail = null;
        var covered = segment;
        if (line.Error is null && line.Value is { } address && length is { } bytes)
        {
            // A fixed address: what was shared there isn't any more, and nobody is told.
            if (HasFlag(flags, "MAP_FIXED") && _books.Find(line.ProcessId, address, bytes) is { } under)
            {
                covered ??= under.Segment;
                var offset = under.Offset + Math.Max(0, address - under.Address);
                detail = $"{(segment is null ? "private memory" : segment)} takes the place of {under.Segment} + "
                    + Distance(offset);
            }

            if (segment is null)
            {
                _books.Replace(line.ProcessId, address, bytes);
            }
            else
            {
                _books.Map(line.ProcessId, new TracedAreas.Area(
                    address, bytes, segment, Number(Argument(line.Arguments, 5)) ?? 0,
                    Access(Argument(line.Arguments, 2))));
            }
        }

        if (segment is null && isShared && line.Error is not null && Argument(line.Arguments, 4) == "-1")
        {
            return Make(line, null, length: length, detail: "the descriptor is -1: nothing was opened before");
        }

        return covered is null
            ? null
            : Make(
                line, covered, line.Error is null ? line.Value : Number(Argument(line.Arguments, 0)), length, detail);
    }

    private ShmCall? ReadArea(StraceLine line)
    {
        if (FindArea(line, out var address, out var length) is not { } area)
        {
            return null;
        }

        if (line.Error is null)
        {
            switch (line.Call)
            {
                case "munmap":
                    _books.Unmap(line.ProcessId, address, length, line.Call);
                    break;
                case "mprotect":
                    _books.Protect(line.ProcessId, address, length, Access(Argument(line.Arguments, 2)));
                    break;
                default:
                    break;
            }
        }

        return Make(line, area.Segment, address, length);
    }

    // The shared area that a call is about whose first arguments are an address and a length.
    private TracedAreas.Area? FindArea(StraceLine line, out long address, out long length)
    {
        var start = Number(Argument(line.Arguments, 0));
        var size = Number(Argument(line.Arguments, 1));
        (address, length) = (start ?? 0, size ?? 0);
        return start is null || size is null ? null : _books.Find(line.ProcessId, address, length);
    }

    private ShmCall? ReadRemap(StraceLine line)
    {
        if (FindArea(line, out var address, out var length) is not { } area)
        {
            return null;
        }

        if (line.Error is null && line.Value is { } moved && Number(Argument(line.Arguments, 2)) is { } now)
        {
            _books.Unmap(line.ProcessId, address, length, line.Call);
            _books.Map(line.ProcessId, area with
            {
                Address = moved,
                Length = now,
                Offset = area.Offset + address - area.Address
            });
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

    private static bool HasFlag(string flags, string flag) => Array.IndexOf(flags.Split('|'), flag) >= 0;

    private static ShmProtection Access(string protection) =>
        (HasFlag(protection, "PROT_READ") ? ShmProtection.Read : ShmProtection.None)
        | (HasFlag(protection, "PROT_WRITE") ? ShmProtection.Write : ShmProtection.None)
        | (HasFlag(protection, "PROT_EXEC") ? ShmProtection.Execute : ShmProtection.None);
}
