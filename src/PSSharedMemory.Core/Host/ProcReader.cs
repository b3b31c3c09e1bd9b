using System;
using System.Buffers;
using System.Buffers.Text;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Reads files and links of one process after the other into a buffer that it keeps, so that a pass over all processes
/// allocates nothing for each. It enters the process' directory in /proc and reads relative to it: an id that another
/// process takes over in between leads nowhere, not to the wrong one. Every call answers 0 or more, or -errno: that a
/// process ends while it is read is the usual case, not an exception. One reader serves one thread.
/// </summary>
internal sealed unsafe partial class ProcReader : IDisposable
{
    private const int FirstBuffer = 64 * 1024;
    private const int PathSize = 96;
    private const int RoomForEntry = 512;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
    private int _length;
    private int _directory = Libc.AT_FDCWD;

    /// <summary>What the last call brought; valid until the next.</summary>
    public ReadOnlySpan<byte> Text => _buffer.AsSpan(0, _length);

    /// <summary>Gives the buffer and the directory back.</summary>
    public void Dispose()
    {
        Leave();
        var buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Enters /proc/PID. Returns 0 or -errno.</summary>
    public int Enter(int processId)
    {
        Span<byte> path = stackalloc byte[PathSize];
        "/proc/"u8.CopyTo(path);
        Append(path, 6, processId);
        return Enter(path);
    }

    /// <summary>Enters /proc/self, whatever the id of this process is there. Returns 0 or -errno.</summary>
    public int EnterSelf() => Enter("/proc/self\0"u8);

    /// <summary>
    /// Whether a status says that the process has ended. Any other failure (no permission, no descriptor left) says
    /// nothing about the process.
    /// </summary>
    public static bool IsGone(int status) => status is -(int)Errno.ENOENT or -(int)Errno.ESRCH;

    /// <summary>Leaves the process' directory.</summary>
    public void Leave()
    {
        if (_directory >= 0)
        {
            _ = Libc.close(_directory);
        }

        _directory = Libc.AT_FDCWD;
    }

    /// <summary>
    /// Reads a file whole into <see cref="Text"/>: one of the process, or at an absolute path. NUL-terminated. Returns
    /// 0 or -errno.
    /// </summary>
    public int Load(ReadOnlySpan<byte> path)
    {
        _length = 0;
        var descriptor = Open(path);
        if (descriptor < 0)
        {
            return descriptor;
        }

        try
        {
            while (true)
            {
                if (_length == _buffer.Length)
                {
                    Grow();
                }

                long read;
                fixed (byte* start = _buffer)
                {
                    read = Libc.read(descriptor, start + _length, (nuint)(_buffer.Length - _length));
                }

                if (read < 0)
                {
                    return (int)read;
                }

                if (read == 0)
                {
                    return 0;
                }

                _length += (int)read;
            }
        }
        finally
        {
            _ = Libc.close(descriptor);
        }
    }

    /// <summary>
    /// Reads a file that the kernel writes in one piece, such as stat, without asking whether there is more. Returns 0
    /// or -errno.
    /// </summary>
    public int LoadPiece(ReadOnlySpan<byte> path)
    {
        _length = 0;
        var descriptor = Open(path);
        if (descriptor < 0)
        {
            return descriptor;
        }

        long read;
        fixed (byte* start = _buffer)
        {
            read = Libc.read(descriptor, start, (nuint)_buffer.Length);
        }

        _ = Libc.close(descriptor);
        _length = (int)Math.Max(read, 0);
        return (int)Math.Min(read, 0);
    }

    /// <summary>
    /// Opens a file of the process, for whoever asks it by other ways than reading. A descriptor or -errno.
    /// </summary>
    public int OpenFile(ReadOnlySpan<byte> path) => Open(path);

    /// <summary>
    /// Reads a file of one thread (NUL-terminated name) into <see cref="Text"/>. Returns 0 or -errno.
    /// </summary>
    public int LoadOfThread(int threadId, ReadOnlySpan<byte> name)
    {
        Span<byte> path = stackalloc byte[PathSize];
        var length = AppendThread(path, threadId);
        name.CopyTo(path[length..]);
        return Load(path);
    }

    /// <summary>
    /// Reads a link of one thread (NUL-terminated name; 0 is the main thread) into <see cref="Text"/>. Returns 0 or
    /// -errno.
    /// </summary>
    public int ReadLink(int threadId, ReadOnlySpan<byte> name)
    {
        Span<byte> path = stackalloc byte[PathSize];
        var length = AppendThread(path, threadId);
        name.CopyTo(path[length..]);
        return ReadLink(path);
    }

    private int ReadLink(ReadOnlySpan<byte> path)
    {
        _length = 0;
        long read;
        fixed (byte* start = path)
        fixed (byte* target = _buffer)
        {
            read = Libc.readlinkat(_directory, start, target, (nuint)_buffer.Length);
        }

        _length = (int)Math.Max(read, 0);
        return (int)Math.Min(read, 0);
    }

    /// <summary>
    /// Opens a file or link of one thread (NUL-terminated name; 0 is the main thread); an invalid handle says why not.
    /// </summary>
    public DescriptorHandle Open(int threadId, ReadOnlySpan<byte> name, int flags = Libc.O_RDONLY)
    {
        Span<byte> path = stackalloc byte[PathSize];
        var length = AppendThread(path, threadId);
        name.CopyTo(path[length..]);
        fixed (byte* start = path)
        {
            return new DescriptorHandle(Libc.openat(_directory, start, flags));
        }
    }

    /// <summary>
    /// Reads the link of a descriptor, as a thread has it, into <see cref="Text"/>. Returns 0 or -errno.
    /// </summary>
    public int ReadDescriptorLink(int threadId, int descriptor)
    {
        Span<byte> path = stackalloc byte[PathSize];
        AppendDescriptor(path, threadId, "fd/"u8, descriptor);
        return ReadLink(path);
    }

    /// <summary>Reads the fdinfo of a descriptor into <see cref="Text"/>. Returns 0 or -errno.</summary>
    public int LoadDescriptorInfo(int threadId, int descriptor)
    {
        Span<byte> path = stackalloc byte[PathSize];
        AppendDescriptor(path, threadId, "fdinfo/"u8, descriptor);
        return Load(path);
    }

    /// <summary>
    /// What is behind a descriptor, even if the file no longer has a name. Returns 0 or -errno.
    /// </summary>
    public int StatDescriptor(int threadId, int descriptor, out FileFacts facts)
    {
        Span<byte> path = stackalloc byte[PathSize];
        AppendDescriptor(path, threadId, "fd/"u8, descriptor);
        return Stat(path, out facts);
    }

    /// <summary>What is behind a mapped area; only the privileged may ask. Returns 0 or -errno.</summary>
    public int StatMappedFile(ulong start, ulong end, out FileFacts facts)
    {
        Span<byte> path = stackalloc byte[PathSize];
        "map_files/"u8.CopyTo(path);
        var length = 10;
        _ = Utf8Formatter.TryFormat(start, path[length..], out var written, new StandardFormat('x'));
        length += written;
        path[length++] = (byte)'-';
        _ = Utf8Formatter.TryFormat(end, path[length..], out written, new StandardFormat('x'));
        path[length + written] = 0;
        return Stat(path, out facts);
    }

    /// <summary>
    /// What is at a NUL-terminated path, links followed; "." is the process. Returns 0 or -errno.
    /// </summary>
    public int Stat(ReadOnlySpan<byte> path, out FileFacts facts)
    {
        fixed (byte* start = path)
        {
            return Stat(_directory, start, out facts);
        }
    }

    /// <summary>
    /// What is at a path of one thread (NUL-terminated; 0 is the main thread). Returns 0 or -errno.
    /// </summary>
    public int Stat(int threadId, ReadOnlySpan<byte> name, out FileFacts facts)
    {
        Span<byte> path = stackalloc byte[PathSize];
        var length = AppendThread(path, threadId);
        name.CopyTo(path[length..]);
        return Stat(path, out facts);
    }

    private static int Stat(int directory, byte* path, out FileFacts facts)
    {
        var flags = Libc.AT_STATX_DONT_SYNC | (*path == 0 ? Libc.AT_EMPTY_PATH : 0);
        var status = Libc.statx(directory, path, flags, Libc.STATX_BASIC_STATS, out var data);
        facts = status < 0
            ? default
            : new FileFacts(
                MapsLine.DeviceOf(data.stx_dev_major, data.stx_dev_minor),
                data.stx_ino,
                (long)data.stx_size,
                (long)data.stx_blocks * 512,
                data.stx_uid,
                data.stx_gid,
                data.stx_mode,
                data.stx_nlink);
        return status;
    }

    private int Enter(ReadOnlySpan<byte> path)
    {
        Leave();
        var descriptor = Open(path);
        _directory = descriptor < 0 ? Libc.AT_FDCWD : descriptor;
        return Math.Min(descriptor, 0);
    }

    private int Open(ReadOnlySpan<byte> path)
    {
        fixed (byte* start = path)
        {
            return Libc.openat(_directory, start, Libc.O_RDONLY);
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private static int Append(Span<byte> path, int length, int number)
    {
        _ = Utf8Formatter.TryFormat(number, path[length..], out var written);
        path[length + written] = 0;
        return length + written;
    }

    // Thread 0 stands for the process itself: its main thread, without the detour over task/.
    private static int AppendThread(Span<byte> path, int threadId)
    {
        if (threadId == 0)
        {
            return 0;
        }

        "task/"u8.CopyTo(path);
        var length = Append(path, 5, threadId);
        path[length] = (byte)'/';
        return length + 1;
    }

    private static void AppendDescriptor(Span<byte> path, int threadId, ReadOnlySpan<byte> folder, int descriptor)
    {
        var length = AppendThread(path, threadId);
        folder.CopyTo(path[length..]);
        _ = Append(path, length + folder.Length, descriptor);
    }
}
