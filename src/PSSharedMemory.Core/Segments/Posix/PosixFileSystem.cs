using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// A file system of POSIX objects, held open by its top directory: /dev/shm as this process sees it, or another
/// process' by /proc/PID/root/dev/shm. Everything is found, opened, made and removed relative to that descriptor,
/// through directories only: never through a link, onto another mount or out of it, whatever a peer puts in a
/// directory's place.
/// </summary>
internal sealed unsafe class PosixFileSystem : IDisposable
{
    /// <summary>Where shared memory is, for this process.</summary>
    public const string DefaultPath = "/dev/shm";

    // While another process holds a lease (fcntl(2)), non-blocking opens are refused.
    private const int LeaseTries = 250;

    private PosixFileSystem(DescriptorHandle root, string path)
    {
        Root = root;
        Path = path;
    }

    /// <summary>Takes another one's top directory, and how its segments lead back to it.</summary>
    public PosixFileSystem(DescriptorHandle root, string path, PosixIdentity identity, IReadOnlyList<ProcessDoor> doors)
        : this(root, path)
    {
        Identity = identity;
        Doors = doors;
    }

    /// <summary>The top directory.</summary>
    public DescriptorHandle Root { get; }

    /// <summary>Where it was found: for messages.</summary>
    public string Path { get; }

    /// <summary>Which one it is; null for this process' own.</summary>
    public PosixIdentity? Identity { get; }

    /// <summary>Processes that have it at /dev/shm.</summary>
    public IReadOnlyList<ProcessDoor> Doors { get; } = [];

    /// <summary>Opens that of this process.</summary>
    /// <exception cref="ShmException">PlatformNotSupported: there is none; AccessDenied, LimitReached.</exception>
    public static PosixFileSystem OpenHere() => Open(DefaultPath);

    /// <summary>The one that a segment is in.</summary>
    /// <exception cref="ShmException">As <see cref="OpenHere"/>; SegmentNotFound: another's has ended.</exception>
    public static PosixFileSystem OpenOf(ShmSegment segment) => segment.Namespace is null ? OpenHere()
        : PosixIdentity.TryParse(segment.Namespace, segment.NamespaceId, out var identity)
        ? PosixEntrance.Open(identity, segment.Doors)
        : throw ShmSegments.IdentityChanged(segment);

    /// <summary>What statx(2) says of an object of it.</summary>
    public ShmSegment Describe(string name, in Libc.statx_buffer data, AccountNames? accounts = null) =>
        Labelled(SegmentDescription.Of(ShmKind.Posix, name, data, accounts));

    /// <summary>The same of an object that is open.</summary>
    public ShmSegment Describe(string name, DescriptorHandle descriptor) =>
        Labelled(SegmentDescription.Of(ShmKind.Posix, name, descriptor));

    // Here, the segment stays as it is.
    private ShmSegment Labelled(ShmSegment segment) => Identity is { } identity
        ? new ShmSegment(segment) { Namespace = identity.Text, NamespaceId = identity.Id, Doors = Doors }
        : segment;

    /// <summary>Opens the one at a path, which may itself lead through links.</summary>
    /// <exception cref="ShmException">As <see cref="OpenHere"/>.</exception>
    public static PosixFileSystem Open(string path)
    {
        var root = Libc.open(path, Libc.O_PATH | Libc.O_DIRECTORY);
        if (!root.IsInvalid)
        {
            return new PosixFileSystem(root, path);
        }

        throw (Errno)root.Errno is Errno.ENOENT or Errno.ENOTDIR
            ? NativeError.From(
                ShmErrorId.PlatformNotSupported, nameof(Libc.open), root.Errno, $"look into {path}",
                new FileInfo(path).LinkTarget is { } link ? $"it's a link to {link}, which isn't a directory"
                    : (Errno)root.Errno == Errno.ENOTDIR ? "it isn't a directory" : "the directory isn't there",
                "Mount a tmpfs there: POSIX shared memory needs it.", path)
            : NativeError.From(nameof(Libc.open), root.Errno, $"look into {path}", path);
    }

    /// <summary>The message for a top directory that is open but was removed (ENOENT).</summary>
    /// <param name="function">The function that failed.</param>
    /// <param name="attempted">The attempted action: "list /dev/shm".</param>
    /// <param name="subject">What the error is about.</param>
    public static ShmException Removed(string function, string attempted, object subject) => NativeError.From(
        ShmErrorId.PlatformNotSupported, function, (int)Errno.ENOENT, attempted,
        "the directory was removed while it is mounted there", "Mount a tmpfs there.", subject);

    /// <summary>
    /// Opens an object right below this process' top directory in one step, if that suffices. It may not be a file.
    /// </summary>
    /// <returns>Null if it takes the long way, by <see cref="OpenHere"/>.</returns>
    /// <exception cref="ShmException">InvalidName.</exception>
    public static DescriptorHandle? TryOpenTop(string name, int flags)
    {
        if (name.LastIndexOf('/') > 0)
        {
            return null;
        }

        fixed (byte* pointer = PosixName.ToPath(name))
        {
            var how = flags | Libc.O_NOFOLLOW | Libc.O_NOCTTY | ((flags & Libc.O_PATH) != 0 ? 0 : Libc.O_NONBLOCK);
            var descriptor = new DescriptorHandle(Libc.openat(Libc.AT_FDCWD, pointer, how));
            return descriptor.IsInvalid ? null : descriptor;
        }
    }

    /// <summary>Everything in it, including nested directories.</summary>
    /// <exception cref="ShmException">AccessDenied (the top directory), LimitReached.</exception>
    public PosixListing List(CancellationToken cancellation = default) => PosixWalk.Read(this, cancellation);

    /// <summary>The directory that a name is in, and what it is called there.</summary>
    /// <exception cref="ShmException">
    /// InvalidName; SegmentNotFound: the directory isn't there; AccessDenied.
    /// </exception>
    public PosixPlace Place(string name) => PosixPlace.Find(this, name);

    /// <summary>The object with a name; null if there's none.</summary>
    /// <exception cref="ShmException">InvalidName: something else is there.</exception>
    public ShmSegment? TryFind(string name)
    {
        using var place = PosixPlace.TryFind(this, name, out var errno);
        if (place is not null)
        {
            return TryFind(place);
        }

        return errno is Errno.ENOENT or Errno.ENOTDIR ? null
            : throw NativeError.From(nameof(Libc.openat), (int)errno, $"find '{name}'", name);
    }

    /// <summary>The object at a place; null if there's none.</summary>
    /// <exception cref="ShmException">InvalidName: something else is there.</exception>
    public ShmSegment? TryFind(PosixPlace place)
    {
        fixed (byte* leaf = place.Leaf)
        {
            var result = Libc.statx(
                place.Directory, leaf, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var data);
            if (result < 0)
            {
                return result is -(int)Errno.ENOENT or -(int)Errno.ENOTDIR ? null
                    : throw NativeError.From(nameof(Libc.statx), -result, $"find '{place.Name}'", place.Name);
            }

            var kind = PosixEntry.KindOf(data.stx_mode);
            return (data.stx_mode & Libc.S_IFMT) == Libc.S_IFREG
                ? Describe(place.Name, data)
                : throw new ShmException(
                    ShmErrorId.InvalidName,
                    $"'{Path}{place.Name}' isn't a shared memory object: it's {PosixEntry.Describe(kind)}."
                    + (kind == PosixEntryKind.Directory ? $" '{place.Name}/*' are the objects in it." : ""),
                    place.Name);
        }
    }

    /// <summary>Opens what has a name; an invalid handle tells why not. It may not be a file.</summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    public DescriptorHandle Open(string name, int flags)
    {
        using var place = PosixPlace.TryFind(this, name, out var errno);
        if (place is null)
        {
            return new DescriptorHandle(-(int)errno);
        }

        // O_NONBLOCK: don't hang on a FIFO that somebody put there.
        var how = flags | Libc.O_NOFOLLOW | Libc.O_NOCTTY | ((flags & Libc.O_PATH) != 0 ? 0 : Libc.O_NONBLOCK);
        fixed (byte* leaf = place.Leaf)
        {
            for (var tries = 0; ; tries++)
            {
                var descriptor = Libc.openat(place.Directory, leaf, how);
                if (descriptor.Errno != (int)Errno.EAGAIN || tries == LeaseTries)
                {
                    return descriptor;
                }

                Thread.Sleep(tries < 2 ? 0 : 1);
            }
        }
    }

    /// <summary>
    /// Opens a directory in it, given as NUL-terminated bytes such as "relay/terms", empty for the top; an invalid
    /// handle tells why not.
    /// </summary>
    public DescriptorHandle OpenDirectory(ReadOnlySpan<byte> relative, int flags)
    {
        var path = relative.Length <= 1 ? ".\0"u8 : relative;
        fixed (byte* pointer = path)
        {
            var descriptor = Libc.openat2(
                Root, pointer, flags | Libc.O_DIRECTORY,
                Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_XDEV);
            return (Errno)descriptor.Errno is Errno.ENOSYS or Errno.EPERM or Errno.E2BIG
                ? OpenStepwise(path, flags)
                : descriptor;
        }
    }

    public void Dispose() => Root.Dispose();

    /// <summary>The same without openat2(2): step by step, checking each before the next.</summary>
    internal DescriptorHandle OpenStepwise(ReadOnlySpan<byte> path, int flags)
    {
        var status = Libc.statx(Root, Libc.STATX_BASIC_STATS, out var top);
        if (status < 0)
        {
            return new DescriptorHandle(status);
        }

        Span<byte> step = stackalloc byte[PosixName.MaxBytes + 2];
        var rest = path[..^1];
        var current = Root;
        while (true)
        {
            var slash = rest.IndexOf((byte)'/');
            var part = slash < 0 ? rest : rest[..slash];
            if (part.Length > PosixName.MaxBytes)
            {
                return Leave(current, new DescriptorHandle(-(int)Errno.ENAMETOOLONG));
            }

            part.CopyTo(step);
            step[part.Length] = 0;
            fixed (byte* pointer = step)
            {
                var next = Libc.openat(
                    current, pointer, (slash < 0 ? flags : Libc.O_PATH) | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
                Leave(current, next);
                if (next.IsInvalid)
                {
                    // With O_DIRECTORY a link is "no directory"; what it is does not matter here.
                    return next;
                }

                status = Libc.statx(next, Libc.STATX_BASIC_STATS, out var data);
                if (status < 0 || data.stx_dev_major != top.stx_dev_major || data.stx_dev_minor != top.stx_dev_minor)
                {
                    next.Dispose();
                    return new DescriptorHandle(status < 0 ? status : -(int)Errno.EXDEV);
                }

                if (slash < 0)
                {
                    return next;
                }

                current = next;
                rest = rest[(slash + 1)..];
            }
        }
    }

    private DescriptorHandle Leave(DescriptorHandle current, DescriptorHandle next)
    {
        if (current != Root)
        {
            current.Dispose();
        }

        return next;
    }
}
