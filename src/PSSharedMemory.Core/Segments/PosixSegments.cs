using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>POSIX shared memory objects: shm_overview(7), shm_open(3).</summary>
public static unsafe class PosixSegments
{
    /// <summary>Makes an object.</summary>
    /// <param name="name">"/name".</param>
    /// <param name="options">Size, mode and the rest.</param>
    /// <param name="cancellation">Ends the reserving of pages; the object is then removed again.</param>
    /// <exception cref="ShmException">
    /// SegmentExists, SizeMismatch, InvalidName, InvalidSize, InvalidMode, NoSpace, LimitReached, AccessDenied,
    /// NotSupportedByKind (huge pages, seals).
    /// </exception>
    public static ShmSegment Create(string name, ShmCreateOptions options, CancellationToken cancellation = default)
    {
        var bytes = PosixName.ToBytes(name);
        CheckOptions(name, options);

        // Between a refusal because it exists and the look at it, it can be removed: then it is ours to make.
        while (true)
        {
            using var made = TryOpen(bytes, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, options.Mode, out var errno);
            if (made is not null)
            {
                return Furnish(made, name, bytes, options, cancellation);
            }

            if (errno != Errno.EEXIST || !options.AllowExisting)
            {
                throw NativeError.From(nameof(Libc.shm_open), (int)errno, $"make '{name}'", name);
            }

            if (TryFind(name, bytes) is { } existing)
            {
                return existing.Size >= options.Size ? existing : throw new ShmException(
                    ShmErrorId.SizeMismatch,
                    $"Cannot open '{name}': it has {existing.Size} bytes, fewer than the {options.Size} asked. Existing segments are never resized.",
                    existing);
            }
        }
    }

    /// <summary>All objects in /dev/shm, also those that this user may not open.</summary>
    /// <exception cref="ShmException">PlatformNotSupported: there is no /dev/shm.</exception>
    public static IReadOnlyList<ShmSegment> List() => PosixDirectory.Read();

    /// <summary>The object of a name. It is looked at, not opened: no permission on it is needed.</summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName.</exception>
    public static ShmSegment FromName(string name) =>
        TryFind(name, PosixName.ToBytes(name))
        ?? throw NativeError.From(nameof(Libc.shm_open), (int)Errno.ENOENT, $"find '{name}'", name);

    internal static ShmSegment Describe(string name, in Libc.statx_buffer data, AccountNames? accounts = null) => new()
    {
        Kind = ShmKind.Posix,
        Name = name,
        Size = (long)data.stx_size,
        Allocated = (long)data.stx_blocks * 512,
        Mode = (UnixFileMode)(data.stx_mode & 0xFFF),
        UserId = data.stx_uid,
        GroupId = data.stx_gid,
        ChangeTime = UnixTime.ToUtc(data.stx_ctime.tv_sec, data.stx_ctime.tv_nsec),
        AccessTime = UnixTime.ToUtc(data.stx_atime.tv_sec, data.stx_atime.tv_nsec),
        Status = IsNamedSemaphore(name, data) ? ShmSegmentStatus.NamedSemaphore : ShmSegmentStatus.None,
        Device = MapsLine.DeviceOf(data.stx_dev_major, data.stx_dev_minor),
        Inode = data.stx_ino,
        Accounts = accounts,
    };

    /// <summary>By its name and its size, which is that of a sem_t; the C library itself knows them by no more.</summary>
    private static bool IsNamedSemaphore(string name, in Libc.statx_buffer data)
    {
        const int SizeOfSemaphore = 32;
        return data.stx_size == SizeOfSemaphore && name.StartsWith("/sem.", StringComparison.Ordinal);
    }

    /// <summary>Opens the object that was listed, and no other that took its name.</summary>
    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged, AccessDenied, LimitReached.</exception>
    internal static DescriptorHandle Open(ShmSegment segment, int access) => Open(segment, access, out _);

    /// <summary>Opens the object that was listed, and says what it is like now.</summary>
    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged, AccessDenied, LimitReached.</exception>
    internal static DescriptorHandle Open(ShmSegment segment, int access, out ShmSegment now)
    {
        var descriptor = TryOpen(PosixName.ToBytes(segment.Name!), access, 0, out var errno)
            ?? throw NativeError.From(nameof(Libc.shm_open), (int)errno, $"open '{segment.Name}'", segment);
        try
        {
            now = Look(descriptor, segment.Name!);
            CheckIdentity(segment, now);
            return descriptor;
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>A descriptor that only stands for the object (O_PATH): no permission on it is needed.</summary>
    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged, LimitReached.</exception>
    internal static DescriptorHandle OpenPath(ShmSegment segment)
    {
        Span<byte> path = stackalloc byte[PathBytes];
        WritePath(PosixName.ToBytes(segment.Name!), path);
        fixed (byte* pointer = path)
        {
            var number = Libc.openat(Libc.AT_FDCWD, pointer, Libc.O_PATH);
            if (number < 0)
            {
                throw NativeError.From(nameof(Libc.shm_open), -number, $"find '{segment.Name}'", segment);
            }

            var descriptor = new DescriptorHandle(number);
            try
            {
                CheckIdentity(segment, Look(descriptor, segment.Name!));
                return descriptor;
            }
            catch
            {
                descriptor.Dispose();
                throw;
            }
        }
    }

    /// <summary>
    /// Removes the name of the object that was listed. unlink(2) knows names only: a peer that replaces the object
    /// between the look and the call loses its own. The window is two system calls wide.
    /// </summary>
    internal static void Remove(ShmSegment segment)
    {
        var bytes = PosixName.ToBytes(segment.Name!);
        CheckIdentity(segment, TryFind(segment.Name!, bytes)
            ?? throw NativeError.From(nameof(Libc.shm_unlink), (int)Errno.ENOENT, $"remove '{segment.Name}'", segment));
        fixed (byte* pointer = bytes)
        {
            var result = Libc.shm_unlink(pointer);
            if (result < 0)
            {
                throw NativeError.From(nameof(Libc.shm_unlink), -result, $"remove '{segment.Name}'", segment);
            }
        }
    }

    internal static ShmSegment Look(DescriptorHandle descriptor, string name)
    {
        var result = Libc.statx(descriptor.Number, Libc.STATX_BASIC_STATS, out var data);
        return result >= 0 ? Describe(name, data) : throw NativeError.From(nameof(Libc.statx), -result, $"look at '{name}'", name);
    }

    private static void CheckIdentity(ShmSegment listed, ShmSegment found)
    {
        if (!listed.IsSame(found))
        {
            throw ShmSegments.IdentityChanged(listed);
        }
    }

    /// <summary>Gives a new object its mode and its size; where that fails, nothing of it stays.</summary>
    private static ShmSegment Furnish(
        DescriptorHandle made, string name, byte[] bytes, ShmCreateOptions options, CancellationToken cancellation)
    {
        try
        {
            var result = Libc.fchmod(made.Number, (uint)options.Mode);
            if (result < 0)
            {
                throw NativeError.From(nameof(Libc.fchmod), -result, $"set the mode of '{name}'", name);
            }

            SegmentSize.Set(made, 0, options.Size, !options.Sparse, name, options.Progress, cancellation);
            return Look(made, name) with { IsNew = true };
        }
        catch
        {
            // Only if the name still leads to what was made here.
            if (TryFind(name, bytes) is { } current && current.IsSame(Look(made, name)))
            {
                fixed (byte* pointer = bytes)
                {
                    _ = Libc.shm_unlink(pointer);
                }
            }

            throw;
        }
    }

    private static DescriptorHandle? TryOpen(byte[] name, int flags, UnixFileMode mode, out Errno errno)
    {
        fixed (byte* pointer = name)
        {
            // O_NONBLOCK: a FIFO that somebody put into /dev/shm must not hold us.
            var descriptor = Libc.shm_open(pointer, flags | Libc.O_CLOEXEC | Libc.O_NONBLOCK, (uint)mode);
            errno = descriptor < 0 ? (Errno)(-descriptor) : Errno.None;
            return descriptor < 0 ? null : new DescriptorHandle(descriptor);
        }
    }

    private static ShmSegment? TryFind(string name, byte[] bytes)
    {
        Span<byte> path = stackalloc byte[PathBytes];
        WritePath(bytes, path);
        fixed (byte* pointer = path)
        {
            var result = Libc.statx(
                Libc.AT_FDCWD, pointer, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var data);
            if (result >= 0)
            {
                return (data.stx_mode & Libc.S_IFMT) == Libc.S_IFREG ? Describe(name, data) : throw new ShmException(
                    ShmErrorId.InvalidName, $"'{PosixDirectory.Path}{name}' is not a shared memory object: it isn't a regular file.", name);
            }

            return result == -(int)Errno.ENOENT ? null : throw NativeError.From(nameof(Libc.statx), -result, $"find '{name}'", name);
        }
    }

    private static int PathBytes => PosixDirectory.Path.Length + PosixName.MaxBytes + 2;

    private static void WritePath(byte[] name, Span<byte> path)
    {
        System.Text.Encoding.ASCII.GetBytes(PosixDirectory.Path, path);
        name.CopyTo(path[PosixDirectory.Path.Length..]);
    }

    private static void CheckOptions(string name, ShmCreateOptions options)
    {
        options.Check($"'{name}'");
        if (options.HugePageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot make '{name}' of huge pages: /dev/shm has ordinary ones. Make a System V segment or an anonymous one (memfd), or advise transparent huge pages after mounting.",
                name);
        }

        if (options.Seal != ShmSeals.None)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot seal '{name}': objects in /dev/shm take no seals. Make an anonymous one (memfd).",
                name);
        }
    }
}
