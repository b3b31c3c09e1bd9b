using System.Collections.Generic;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>POSIX shared memory objects: shm_overview(7), shm_open(3).</summary>
public static unsafe class PosixSegments
{
    /// <summary>
    /// Makes an object. It appears whole, with its size, mode and pages, in one instant; a process that ends meanwhile
    /// leaves nothing.
    /// </summary>
    /// <param name="name">"/name".</param>
    /// <param name="options">Size, mode and the rest.</param>
    /// <param name="cancellation">Ends the reserving of pages.</param>
    /// <exception cref="ShmException">
    /// SegmentExists, SizeMismatch, InvalidName, InvalidSize, InvalidMode, NoSpace, LimitReached, AccessDenied,
    /// NotSupportedByKind (huge pages, seals), PlatformNotSupported (no /dev/shm).
    /// </exception>
    public static ShmSegment Create(string name, ShmCreateOptions options, CancellationToken cancellation = default) =>
        PosixCreation.Create(name, options, null, cancellation);

    /// <summary>All objects in /dev/shm, also those that this user may not open.</summary>
    /// <exception cref="ShmException">PlatformNotSupported: there is no /dev/shm; AccessDenied, LimitReached.</exception>
    public static IReadOnlyList<ShmSegment> List() => PosixDirectory.Read();

    /// <summary>The object of a name. It is looked at, not opened: no permission on it is needed.</summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName.</exception>
    public static ShmSegment FromName(string name) =>
        TryFind(name, PosixName.ToPath(name))
        ?? throw NativeError.From(nameof(Libc.shm_open), (int)Errno.ENOENT, $"find '{name}'", name);

    /// <summary>Opens the object that was listed, and no other that took its name.</summary>
    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged, AccessDenied, LimitReached.</exception>
    internal static DescriptorHandle Open(ShmSegment segment, int access) => Open(segment, access, out _);

    /// <summary>Opens the object that was listed, and says what it is like now.</summary>
    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged, AccessDenied, LimitReached.</exception>
    internal static DescriptorHandle Open(ShmSegment segment, int access, out ShmSegment now)
    {
        var name = NameOf(segment);
        var descriptor = TryOpen(PosixName.ToBytes(name), access, out var errno)
            ?? throw NativeError.From(nameof(Libc.shm_open), (int)errno, $"open '{name}'", segment);
        try
        {
            now = SegmentDescription.Of(ShmKind.Posix, name, descriptor);
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
        var name = NameOf(segment);
        fixed (byte* pointer = PosixName.ToPath(name))
        {
            var number = Libc.openat(Libc.AT_FDCWD, pointer, Libc.O_PATH);
            if (number < 0)
            {
                throw NativeError.From(nameof(Libc.shm_open), -number, $"find '{name}'", segment);
            }

            var descriptor = new DescriptorHandle(number);
            try
            {
                CheckIdentity(segment, SegmentDescription.Of(ShmKind.Posix, name, descriptor));
                return descriptor;
            }
            catch
            {
                descriptor.Dispose();
                throw;
            }
        }
    }

    /// <summary>The name of a POSIX segment, which an object made by hand need not have.</summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    internal static string NameOf(ShmSegment segment) => segment.Name ?? throw new ShmException(
        ShmErrorId.InvalidName, "This segment object has no name: it was made by hand..", segment);

    /// <exception cref="ShmException">IdentityChanged.</exception>
    internal static void CheckIdentity(ShmSegment listed, ShmSegment found)
    {
        if (!listed.IsSame(found))
        {
            throw ShmSegments.IdentityChanged(listed);
        }
    }

    /// <summary>The object at a path; null where nothing is.</summary>
    /// <exception cref="ShmException">InvalidName: something else is there.</exception>
    internal static ShmSegment? TryFind(string name, byte[] path)
    {
        fixed (byte* pointer = path)
        {
            var result = Libc.statx(Libc.AT_FDCWD, pointer, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var data);
            if (result >= 0)
            {
                return (data.stx_mode & Libc.S_IFMT) == Libc.S_IFREG ? SegmentDescription.Of(ShmKind.Posix, name, data) : throw new ShmException(
                    ShmErrorId.InvalidName,
                    $"'{PosixDirectory.Path}{name}' isn't a shared memory object: it's not a regular file.",
                    name);
            }

            return result is -(int)Errno.ENOENT or -(int)Errno.ENOTDIR ? null
                : throw NativeError.From(nameof(Libc.statx), -result, $"find '{name}'", name);
        }
    }

    /// <summary>Whether anything is at a path, of whatever kind.</summary>
    internal static bool Exists(byte[] path)
    {
        fixed (byte* pointer = path)
        {
            return Libc.statx(Libc.AT_FDCWD, pointer, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out _) >= 0;
        }
    }

    private static DescriptorHandle? TryOpen(byte[] name, int flags, out Errno errno)
    {
        fixed (byte* pointer = name)
        {
            // O_NONBLOCK: a FIFO that somebody put into /dev/shm must not hold us.
            var descriptor = Libc.shm_open(pointer, flags | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
            errno = descriptor < 0 ? (Errno)(-descriptor) : Errno.None;
            return descriptor < 0 ? null : new DescriptorHandle(descriptor);
        }
    }
}
