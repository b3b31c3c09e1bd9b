using System;
using System.Collections.Generic;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Lists a file system of POSIX objects with all its directories: getdents64(2) and one statx(2) for each entry, no
/// name decoded twice. One directory is open at a time and none is entered from another, so neither depth nor number of
/// what a peer makes costs descriptors or stack, and each is opened from the top without a link.
/// </summary>
internal sealed unsafe class PosixWalk
{
    private const int BufferSize = 64 * 1024;
    private const int MomentSeconds = 2;

    private readonly PosixFileSystem _system;
    private readonly AccountNames _accounts = new();
    private readonly List<ShmSegment> _segments = [];
    private readonly List<PosixEntry> _others = [];

    // Paths from the top, NUL-terminated; the top itself is the NUL alone.
    private readonly Queue<byte[]> _directories = new([[0]]);
    private readonly byte[] _buffer = new byte[BufferSize];
    private (uint Major, uint Minor) _device;

    private PosixWalk(PosixFileSystem system) => _system = system;

    /// <summary>Lists everything; directories that cannot be listed are reported as such.</summary>
    /// <exception cref="ShmException">The top directory cannot be listed.</exception>
    public static PosixListing Read(PosixFileSystem system, CancellationToken cancellation)
    {
        var walk = new PosixWalk(system);
        if (Libc.statx(system.Root, Libc.STATX_BASIC_STATS, out var top) >= 0)
        {
            walk._device = (top.stx_dev_major, top.stx_dev_minor);
        }

        while (walk._directories.TryDequeue(out var directory))
        {
            cancellation.ThrowIfCancellationRequested();
            walk.ReadDirectory(directory, cancellation);
        }

        return new PosixListing(walk._segments, walk._others);
    }

    private void ReadDirectory(byte[] path, CancellationToken cancellation)
    {
        using var directory = _system.OpenDirectory(path, Libc.O_RDONLY);
        if (directory.IsInvalid)
        {
            MissDirectory(path, (Errno)directory.Errno);
            return;
        }

        fixed (byte* start = _buffer)
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var count = Libc.getdents64(directory, start, BufferSize);
                if (count < 0 && path.Length == 1)
                {
                    throw (Errno)(-count) == Errno.ENOENT
                        ? PosixFileSystem.Removed(nameof(Libc.getdents64), $"list {_system.Path}", _system.Path)
                        : NativeError.From(nameof(Libc.getdents64), (int)-count, $"list {_system.Path}", _system.Path);
                }

                // A directory that was removed meanwhile lists nothing (ENOENT).
                if (count <= 0)
                {
                    return;
                }

                AddEntries(new ReadOnlySpan<byte>(start, (int)count), directory, path);
            }
        }
    }

    private void MissDirectory(byte[] path, Errno errno)
    {
        if (path.Length == 1 || errno is Errno.EMFILE or Errno.ENFILE)
        {
            throw NativeError.From(nameof(Libc.open), (int)errno, $"list {_system.Path}", _system.Path);
        }

        // Gone, or replaced by something else: nothing to list.
        if (errno is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP))
        {
            var kind = errno == Errno.EXDEV ? PosixEntryKind.Mount : PosixEntryKind.Unreadable;
            _others.Add(new PosixEntry(PosixName.FromBytes(path.AsSpan()[..^1]), kind, 0));
        }
    }

    private void AddEntries(ReadOnlySpan<byte> records, DescriptorHandle directory, byte[] path)
    {
        while (DirectoryRecord.TryRead(ref records, out var name))
        {
            if (name is [(byte)'.'] or [(byte)'.', (byte)'.'])
            {
                continue;
            }

            fixed (byte* pointer = name)
            {
                // What was removed since the directory was read is no more.
                var result = Libc.statx(
                    directory, pointer, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var data);
                if (result >= 0)
                {
                    Add(path, name, data);
                }
            }
        }
    }

    private void Add(byte[] path, ReadOnlySpan<byte> leaf, in Libc.statx_buffer data)
    {
        if ((data.stx_mode & Libc.S_IFMT) == Libc.S_IFREG)
        {
            var name = path.Length == 1
                ? PosixName.FromBytes(leaf)
                : PosixName.FromBytes(Join(path, leaf).AsSpan()[..^1]);
            _segments.Add(_system.Describe(name, data, _accounts));
            return;
        }

        if (IsBeingRemoved(leaf, data))
        {
            return;
        }

        var whole = Join(path, leaf);
        var kind = PosixEntry.KindOf(data.stx_mode);
        if (kind == PosixEntryKind.Directory)
        {
            // If it cannot be entered, that is reported instead.
            if ((data.stx_attributes & Libc.STATX_ATTR_MOUNT_ROOT) != 0
                || _device != (data.stx_dev_major, data.stx_dev_minor))
            {
                kind = PosixEntryKind.Mount;
            }
            else
            {
                _directories.Enqueue(whole);
            }
        }

        _others.Add(new PosixEntry(PosixName.FromBytes(whole.AsSpan()[..^1]), kind, (long)data.stx_blocks * 512));
    }

    // Objects that another process of this module is removing are in such a directory for some microseconds. One that
    // stays longer was left behind, and its contents are listed.
    private static bool IsBeingRemoved(ReadOnlySpan<byte> leaf, in Libc.statx_buffer data) =>
        leaf.StartsWith(PosixRemoval.TemporaryDirectoryBytes)
        && UnixTime.ToUtc(data.stx_ctime.tv_sec, data.stx_ctime.tv_nsec) > DateTime.UtcNow.AddSeconds(-MomentSeconds);

    private static byte[] Join(byte[] path, ReadOnlySpan<byte> leaf) =>
        path.Length == 1 ? [.. leaf, 0] : [.. path.AsSpan()[..^1], (byte)'/', .. leaf, 0];
}
