using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>POSIX shared memory objects: shm_overview(7), shm_open(3).</summary>
public static class PosixSegments
{
    /// <summary>
    /// Makes an object. It appears complete, with its size, mode and pages; a process that ends midway leaves nothing.
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

    /// <summary>All objects in /dev/shm and its directories, also those that this user may not open.</summary>
    /// <exception cref="ShmException">
    /// PlatformNotSupported: there is no /dev/shm; AccessDenied, LimitReached.
    /// </exception>
    public static IReadOnlyList<ShmSegment> List()
    {
        using var system = PosixFileSystem.OpenHere();
        return system.List().Segments;
    }

    /// <summary>The object with a name. It isn't opened, so no permission on it is needed.</summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName.</exception>
    public static ShmSegment FromName(string name)
    {
        using var system = PosixFileSystem.OpenHere();
        return FromName(system, name);
    }

    /// <summary>
    /// The object that a file is, whatever path leads to it: a link, or another mount of /dev/shm. Null if it's none.
    /// </summary>
    /// <exception cref="ShmException">PlatformNotSupported, AccessDenied, LimitReached.</exception>
    public static ShmSegment? FromFile(string path)
    {
        using var file = Libc.open(path, Libc.O_PATH);
        if (file.IsInvalid || Libc.statx(file, Libc.STATX_BASIC_STATS, out var data) < 0)
        {
            return null;
        }

        var device = SegmentDescription.DeviceNumber(data);
        return List().FirstOrDefault(segment => segment.Inode == data.stx_ino && segment.Device == device);
    }

    /// <summary>The same in another file system of such objects.</summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName.</exception>
    internal static ShmSegment FromName(PosixFileSystem system, string name) =>
        system.TryFind(name) ?? throw NativeError.From(nameof(Libc.openat), (int)Errno.ENOENT, $"find '{name}'", name);

    /// <summary>What has a segment's name now, in the segment's place.</summary>
    /// <exception cref="ShmException">SegmentNotFound, InvalidName.</exception>
    internal static ShmSegment Refresh(ShmSegment segment)
    {
        using var system = PosixFileSystem.OpenOf(segment);
        return FromName(system, NameOf(segment));
    }

    /// <summary>Opens the object that was listed, and no other that took its name.</summary>
    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged, AccessDenied, LimitReached.</exception>
    internal static DescriptorHandle Open(ShmSegment segment, int access) => Open(segment, access, out _);

    /// <summary>A descriptor that only identifies the object (O_PATH): no permission on it is needed.</summary>
    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged, LimitReached.</exception>
    internal static DescriptorHandle OpenPath(ShmSegment segment) => Open(segment, Libc.O_PATH, out _);

    /// <summary>Opens the object that was listed, and describes it as it is now.</summary>
    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged, AccessDenied, LimitReached.</exception>
    internal static DescriptorHandle Open(ShmSegment segment, int access, out ShmSegment now)
    {
        var name = NameOf(segment);
        var isHeld = segment.HeldBy.Count > 0;
        var top = segment.Namespace is null && !isHeld ? PosixFileSystem.TryOpenTop(name, access) : null;
        using var system = top is null && !isHeld ? PosixFileSystem.OpenOf(segment) : null;
        var descriptor = top ?? system?.Open(name, access) ?? HeldObjects.Open(segment, access);
        if (descriptor.IsInvalid)
        {
            throw NativeError.From(nameof(Libc.openat), descriptor.Errno, $"open '{name}'", segment);
        }

        try
        {
            now = isHeld ? HeldObjects.Describe(segment, descriptor)
                : system?.Describe(name, descriptor) ?? SegmentDescription.Of(ShmKind.Posix, name, descriptor);
            CheckIdentity(segment, now);
            return descriptor;
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens the object that has a name now with as few system calls as possible; null if that takes more, or fails.
    /// </summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    internal static DescriptorHandle? TryOpen(string name, int access, out ShmSegment? now)
    {
        now = null;
        if (PosixFileSystem.TryOpenTop(name, access) is not { } descriptor)
        {
            return null;
        }

        if (Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data) < 0
            || (data.stx_mode & Libc.S_IFMT) != Libc.S_IFREG)
        {
            descriptor.Dispose();
            return null;
        }

        now = SegmentDescription.Of(ShmKind.Posix, name, data);
        return descriptor;
    }

    /// <summary>The name of a POSIX segment, which a hand-made object may lack.</summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    internal static string NameOf(ShmSegment segment) => segment.Name ?? throw new ShmException(
        ShmErrorId.InvalidName, "This segment object has no name: it was made by hand.", segment);

    /// <exception cref="ShmException">IdentityChanged.</exception>
    internal static void CheckIdentity(ShmSegment listed, ShmSegment found)
    {
        if (!listed.IsSame(found))
        {
            throw ShmSegments.IdentityChanged(listed);
        }
    }
}
