using System;
using System.Buffers;
using System.Buffers.Text;

namespace PSSharedMemory;

/// <summary>
/// A short path below a process' directory in /proc, put together on the stack and NUL-terminated: a scan makes
/// thousands.
/// </summary>
internal ref struct ProcPath(Span<byte> room)
{
    /// <summary>Bytes that the longest of them needs: "task/TID/fdinfo/N", "map_files/START-END".</summary>
    public const int Room = 96;

    private readonly Span<byte> _room = room;
    private int _length;

    /// <summary>The path with its NUL.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _room[..(_length + 1)];

    /// <summary>Adds text; a NUL at its end counts as the path's own.</summary>
    public ProcPath Add(scoped ReadOnlySpan<byte> text)
    {
        text = text.TrimEnd((byte)0);
        text.CopyTo(_room[_length..]);
        return Grow(text.Length);
    }

    /// <summary>Adds a decimal number.</summary>
    public ProcPath Add(int number)
    {
        _ = Utf8Formatter.TryFormat(number, _room[_length..], out var written);
        return Grow(written);
    }

    /// <summary>Adds a hexadecimal number.</summary>
    public ProcPath AddHex(ulong number)
    {
        _ = Utf8Formatter.TryFormat(number, _room[_length..], out var written, new StandardFormat('x'));
        return Grow(written);
    }

    /// <summary>
    /// Adds the directory of a thread. 0 is the process itself: its main thread, without the detour over task/.
    /// </summary>
    public ProcPath AddThread(int threadId) => threadId == 0 ? this : Add("task/"u8).Add(threadId).Add("/"u8);

    private ProcPath Grow(int count)
    {
        _length += count;
        _room[_length] = 0;
        return this;
    }
}
