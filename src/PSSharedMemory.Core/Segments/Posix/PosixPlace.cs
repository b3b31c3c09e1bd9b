using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Where a POSIX object is or will be: its directory, held open, and its name there. Operations stay in that directory,
/// wherever it's moved meanwhile and whatever takes its path.
/// </summary>
internal sealed class PosixPlace : IDisposable
{
    private readonly bool _ownsDirectory;

    private PosixPlace(string name, DescriptorHandle directory, byte[] leaf, bool ownsDirectory)
    {
        Name = name;
        Directory = directory;
        Leaf = leaf;
        _ownsDirectory = ownsDirectory;
    }

    /// <summary>The whole name, "/relay/log.0".</summary>
    public string Name { get; }

    /// <summary>The directory.</summary>
    public DescriptorHandle Directory { get; }

    /// <summary>The name in the directory, NUL-terminated.</summary>
    public byte[] Leaf { get; }

    /// <summary>Whether anything has the name, of whatever kind.</summary>
    public unsafe bool IsTaken
    {
        get
        {
            fixed (byte* leaf = Leaf)
            {
                return Libc.statx(Directory, leaf, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out _) >= 0;
            }
        }
    }

    /// <summary>Finds the directory of a name.</summary>
    /// <exception cref="ShmException">
    /// InvalidName; SegmentNotFound: the directory isn't there; AccessDenied.
    /// </exception>
    public static PosixPlace Find(PosixFileSystem system, string name)
    {
        var place = TryFind(system, name, out var errno);
        if (place is not null)
        {
            return place;
        }

        var directory = name[..name.LastIndexOf('/')];
        throw errno is Errno.ENOENT or Errno.ENOTDIR
            ? NativeError.From(
                ShmErrorId.SegmentNotFound, nameof(Libc.openat), (int)errno, $"find '{name}'",
                $"the directory {system.Path}{directory} isn't there", "", name)
            : NativeError.From(nameof(Libc.openat), (int)errno, $"find '{name}'", name);
    }

    /// <summary>The same; null, with the reason, if the directory cannot be opened.</summary>
    /// <exception cref="ShmException">InvalidName.</exception>
    public static PosixPlace? TryFind(PosixFileSystem system, string name, out Errno errno)
    {
        var relative = PosixName.ToRelative(name);
        var slash = relative.AsSpan().LastIndexOf((byte)'/');
        if (slash < 0)
        {
            errno = Errno.None;
            return new PosixPlace(name, system.Root, relative, ownsDirectory: false);
        }

        var leaf = relative[(slash + 1)..];
        relative[slash] = 0;
        var directory = system.OpenDirectory(relative.AsSpan(0, slash + 1), Libc.O_PATH);
        errno = (Errno)directory.Errno;
        return directory.IsInvalid ? null : new PosixPlace(name, directory, leaf, ownsDirectory: true);
    }

    public void Dispose()
    {
        if (_ownsDirectory)
        {
            Directory.Dispose();
        }
    }
}
