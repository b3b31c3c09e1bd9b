using System;
using System.Buffers;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Reads files and links of one process after the other into a buffer that it keeps, so that a pass over all processes
/// allocates nothing for each. It enters the process' directory in /proc and reads relative to it: an id that another
/// process takes over in between leads nowhere, not to the wrong one. Every call answers 0 or more, or -errno: that a
/// process ends while it is read is the usual case, not an exception. Names are NUL-terminated; a thread's id of 0
/// stands for the process itself. One reader serves one thread.
/// </summary>
internal sealed unsafe partial class ProcReader : IDisposable
{
    private const int FirstBuffer = 64 * 1024;

    // No directory is entered: paths that aren't absolute lead nowhere (EBADF), least of all into the working folder.
    private const int Nowhere = -1;

    // A peer may map as many areas with as long names as vm.max_map_count allows. What is longer isn't read (EFBIG).
    private const int LargestBuffer = 1 << 30;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
    private int _length;
    private int _directory = Nowhere;

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

    /// <summary>
    /// Whether a status says that the process has ended. Any other failure (no permission, no descriptor left) says
    /// nothing about the process.
    /// </summary>
    public static bool IsGone(int status) => status is -(int)Errno.ENOENT or -(int)Errno.ESRCH;

    /// <summary>Enters /proc/PID. Returns 0 or -errno.</summary>
    public int Enter(int processId) =>
        Enter(new ProcPath(stackalloc byte[ProcPath.Room]).Add("/proc/"u8).Add(processId));

    /// <summary>Enters /proc/self, whatever the id of this process is there. Returns 0 or -errno.</summary>
    public int EnterSelf() => Enter(new ProcPath(stackalloc byte[ProcPath.Room]).Add("/proc/self"u8));

    /// <summary>Leaves the process' directory.</summary>
    public void Leave()
    {
        if (_directory >= 0)
        {
            _ = Libc.close(_directory);
        }

        _directory = Nowhere;
    }

    /// <summary>
    /// Reads a file whole into <see cref="Text"/>: one of the process, or at an absolute path. Returns 0 or -errno.
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
                if (_length == _buffer.Length && !TryGrow())
                {
                    return -(int)Errno.EFBIG;
                }

                var read = Read(descriptor);
                if (read <= 0)
                {
                    return read;
                }
            }
        }
        finally
        {
            _ = Libc.close(descriptor);
        }
    }

    /// <summary>Reads a file of one thread whole into <see cref="Text"/>. Returns 0 or -errno.</summary>
    public int Load(int threadId, ReadOnlySpan<byte> name) =>
        Load(new ProcPath(stackalloc byte[ProcPath.Room]).AddThread(threadId).Add(name).Bytes);

    /// <summary>
    /// Reads the stat of the process or a thread, which the kernel writes in one piece: without asking whether there is
    /// more. Returns 0 or -errno, EINVAL for a line of another form; its name is valid until the next call.
    /// </summary>
    public int ReadStat(out ProcessStatLine stat, int threadId = 0)
    {
        stat = default;
        _length = 0;
        var descriptor = Open(new ProcPath(stackalloc byte[ProcPath.Room]).AddThread(threadId).Add("stat"u8).Bytes);
        if (descriptor < 0)
        {
            return descriptor;
        }

        var read = Read(descriptor);
        _ = Libc.close(descriptor);
        return read < 0 ? read : ProcessStatLine.TryParse(Text, out stat) ? 0 : -(int)Errno.EINVAL;
    }

    /// <summary>Reads a link of one thread into <see cref="Text"/>. Returns 0 or -errno.</summary>
    public int ReadLink(int threadId, ReadOnlySpan<byte> name) =>
        ReadLink(new ProcPath(stackalloc byte[ProcPath.Room]).AddThread(threadId).Add(name));

    /// <summary>
    /// Reads the link of a descriptor, as a thread has it, into <see cref="Text"/>. Returns 0 or -errno.
    /// </summary>
    public int ReadDescriptorLink(int threadId, int descriptor) =>
        ReadLink(new ProcPath(stackalloc byte[ProcPath.Room]).AddThread(threadId).Add("fd/"u8).Add(descriptor));

    /// <summary>Reads the fdinfo of a descriptor into <see cref="Text"/>. Returns 0 or -errno.</summary>
    public int LoadDescriptorInfo(int threadId, int descriptor) =>
        Load(new ProcPath(stackalloc byte[ProcPath.Room]).AddThread(threadId).Add("fdinfo/"u8).Add(descriptor).Bytes);

    /// <summary>
    /// Opens a file of the process, or at an absolute path, for whoever asks it by other ways than reading. A
    /// descriptor, which the caller closes, or -errno.
    /// </summary>
    public int Open(ReadOnlySpan<byte> path)
    {
        fixed (byte* start = path)
        {
            return Libc.openat(_directory, start, Libc.O_RDONLY);
        }
    }

    /// <summary>Opens a file or link of one thread; an invalid handle says why not.</summary>
    public DescriptorHandle Open(int threadId, ReadOnlySpan<byte> name, int flags = Libc.O_RDONLY)
    {
        fixed (byte* start = new ProcPath(stackalloc byte[ProcPath.Room]).AddThread(threadId).Add(name).Bytes)
        {
            return new DescriptorHandle(Libc.openat(_directory, start, flags));
        }
    }

    /// <summary>What is at a path, links followed; "." is the process. Returns 0 or -errno.</summary>
    public int Stat(ReadOnlySpan<byte> path, out FileFacts facts)
    {
        fixed (byte* start = path)
        {
            var status = Libc.statx(
                _directory, start, Libc.AT_STATX_DONT_SYNC, Libc.STATX_BASIC_STATS, out var data);
            facts = status < 0 ? default : FileFacts.Of(data);
            return status;
        }
    }

    /// <summary>What is at a path of one thread. Returns 0 or -errno.</summary>
    public int Stat(int threadId, ReadOnlySpan<byte> name, out FileFacts facts) =>
        Stat(new ProcPath(stackalloc byte[ProcPath.Room]).AddThread(threadId).Add(name).Bytes, out facts);

    /// <summary>
    /// What is behind a descriptor, even if the file no longer has a name. Returns 0 or -errno.
    /// </summary>
    public int StatDescriptor(int threadId, int descriptor, out FileFacts facts) =>
        Stat(
            new ProcPath(stackalloc byte[ProcPath.Room]).AddThread(threadId).Add("fd/"u8).Add(descriptor).Bytes,
            out facts);

    /// <summary>What is behind a mapped area; only the privileged may ask. Returns 0 or -errno.</summary>
    public int StatMappedFile(ulong start, ulong end, out FileFacts facts) =>
        Stat(
            new ProcPath(stackalloc byte[ProcPath.Room]).Add("map_files/"u8).AddHex(start).Add("-"u8).AddHex(end).Bytes,
            out facts);

    private int Enter(ProcPath path)
    {
        Leave();
        var descriptor = Open(path.Bytes);
        _directory = Math.Max(descriptor, Nowhere);
        return Math.Min(descriptor, 0);
    }

    private int ReadLink(ProcPath path)
    {
        _length = 0;
        long read;
        fixed (byte* start = path.Bytes)
        fixed (byte* target = _buffer)
        {
            read = Libc.readlinkat(_directory, start, target, (nuint)_buffer.Length);
        }

        _length = (int)Math.Max(read, 0);
        return (int)Math.Min(read, 0);
    }

    // Adds to the text what one call brings; how much, 0 at the end, or -errno.
    private int Read(int descriptor)
    {
        fixed (byte* start = _buffer)
        {
            var read = (int)Libc.read(descriptor, start + _length, (nuint)(_buffer.Length - _length));
            _length += Math.Max(read, 0);
            return read;
        }
    }

    private bool TryGrow()
    {
        if (_buffer.Length >= LargestBuffer)
        {
            return false;
        }

        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        return true;
    }
}
