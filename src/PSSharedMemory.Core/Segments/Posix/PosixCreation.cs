using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Makes a POSIX object atomically: it has its size, mode, pages and bytes before it has a name, so nobody sees it half
/// made, and a process killed midway leaves nothing.
/// </summary>
internal static class PosixCreation
{
    /// <summary>Makes the object, or opens an existing one if the options allow that.</summary>
    /// <param name="name">"/name".</param>
    /// <param name="options">Size, mode and the rest.</param>
    /// <param name="fill">Gives the object its bytes and its owner before it has a name; null leaves zeros.</param>
    /// <param name="cancellation">Ends the reserving of pages.</param>
    /// <exception cref="ShmException">As <see cref="PosixSegments.Create"/>, and what filling throws.</exception>
    public static ShmSegment Create(
        string name, ShmCreateOptions options, Action<DescriptorHandle>? fill, CancellationToken cancellation)
    {
        _ = PosixName.ToBytes(name);
        CheckOptions(name, options);
        using var system = PosixFileSystem.OpenHere();
        using var place = PosixPlace.TryFind(system, name, out var errno)
            ?? throw Unmade(errno, nameof(Libc.openat), name);
        try
        {
            return Create(system, place, options, fill, isNamed: false, cancellation);
        }
        catch (NewFile.UnlinkableException)
        {
            // No /proc to link by, or a filter: use a temporary name.
            return Create(system, place, options, fill, isNamed: true, cancellation);
        }
    }

    private static ShmSegment Create(
        PosixFileSystem system, PosixPlace place, ShmCreateOptions options, Action<DescriptorHandle>? fill,
        bool isNamed,
        CancellationToken cancellation)
    {
        var name = place.Name;
        NewFile? made = null;
        try
        {
            // The existing one can be removed before we look at it, and another made before ours gets its name.
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                if (FindExisting(system, place, options) is { } existing)
                {
                    return existing;
                }

                made ??= Make(place, options, fill, isNamed, cancellation);
                var segment = SegmentDescription.Of(ShmKind.Posix, name, made.Descriptor);
                switch (made.TryName(place.Leaf))
                {
                    case Errno.None:
                        // It was described before it got its name.
                        return new ShmSegment(segment)
                        {
                            IsNew = true,
                            Status = segment.Status & ~ShmSegmentStatus.RemovalPending
                        };
                    case Errno.EEXIST:
                        continue;
                    case var errno when made.IsUnlinkable(errno):
                        throw new NewFile.UnlinkableException();
                    case var errno:
                        throw Unmade(errno, nameof(Libc.linkat), name);
                }
            }
        }
        finally
        {
            made?.Dispose();
        }
    }

    private static ShmSegment? FindExisting(PosixFileSystem system, PosixPlace place, ShmCreateOptions options)
    {
        var name = place.Name;
        if (!options.AllowExisting)
        {
            return !place.IsTaken
                ? null
                : throw NativeError.From(nameof(Libc.linkat), (int)Errno.EEXIST, $"make '{name}'", name);
        }

        return system.TryFind(place) is { } existing ? options.Accept(existing, $"'{name}'") : null;
    }

    private static NewFile Make(
        PosixPlace place, ShmCreateOptions options, Action<DescriptorHandle>? fill, bool isNamed,
        CancellationToken cancellation)
    {
        var name = place.Name;
        var made = NewFile.TryMake(place.Directory, place.Leaf, isNamed, out var errno)
            ?? throw Unmade(errno, nameof(Libc.open), name);
        try
        {
            SegmentSize.SetNew(made.Descriptor, options.Size, !options.Sparse, name, options.Progress, cancellation);
            fill?.Invoke(made.Descriptor);
            var result = Libc.fchmod(made.Descriptor, (uint)options.Mode);
            return result >= 0
                ? made
                : throw NativeError.From(nameof(Libc.fchmod), -result, $"set the mode of '{name}'", name);
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    private static ShmException Unmade(Errno errno, string function, string name) => errno switch
    {
        Errno.ENOENT when name.LastIndexOf('/') == 0 => PosixFileSystem.Removed(function, $"make '{name}'", name),
        Errno.ENOENT or Errno.ENOTDIR => NativeError.From(
            ShmErrorId.InvalidName, function, (int)errno, $"make '{name}'",
            $"the directory '{DirectoryOf(name)}' isn't there",
            $"Make it first: mkdir -p '{DirectoryOf(name)}'.", name),
        Errno.EROFS => NativeError.From(
            ShmErrorId.AccessDenied, function, (int)errno, $"make '{name}'",
            $"{PosixFileSystem.DefaultPath} is mounted read-only",
            "Remount it, or make a System V or an anonymous segment.", name),
        Errno.EACCES or Errno.EPERM => NativeError.From(
            ShmErrorId.AccessDenied, function, (int)errno, $"make '{name}'",
            $"this user cannot make objects in '{DirectoryOf(name)}'",
            "The mode of /dev/shm is usually 1777; System V and anonymous segments don't need it.", name),
        _ => NativeError.From(function, (int)errno, $"make '{name}'", name),
    };

    private static string DirectoryOf(string name) =>
        PosixFileSystem.DefaultPath + PrintableText.Of(name[..name.LastIndexOf('/')]);

    private static void CheckOptions(string name, ShmCreateOptions options)
    {
        options.Check($"'{name}'");
        if (options.HugePageSize != 0)
        {
            throw new ShmException(
                ShmErrorId.NotSupportedByKind,
                $"Cannot make '{name}' of huge pages: /dev/shm has ordinary ones. Make a System V segment or an "
                    + "anonymous one (memfd), or advise transparent huge pages after mounting.",
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
