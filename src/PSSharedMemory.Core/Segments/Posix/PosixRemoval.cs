using System;
using System.Text;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Removes the object that was listed, not another that has its name by now. unlink(2) only knows names, so the object
/// is first moved into a directory that nobody else may enter, checked there, and then removed or moved back. It keeps
/// its name meanwhile, since /proc shows that name to those who still hold it. What remains of the race: a wrong object
/// is missing from its name for some microseconds, and if a third takes the name meanwhile, the wrong one stays in the
/// temporary place, which the error tells.
/// </summary>
internal static unsafe class PosixRemoval
{
    /// <summary>The name of the directory in which an object is checked before it's removed; a GUID follows.</summary>
    public const string TemporaryDirectory = ".pssharedmemory-removing-";

    /// <summary>The same as bytes of a path.</summary>
    public static ReadOnlySpan<byte> TemporaryDirectoryBytes => ".pssharedmemory-removing-"u8;

    private const uint OwnersOnly = 0x1C0;

    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged, AccessDenied.</exception>
    public static void Remove(ShmSegment segment)
    {
        var name = PosixSegments.NameOf(segment);
        using var system = PosixFileSystem.OpenOf(segment);
        using var place = system.Place(name);
        PosixSegments.CheckIdentity(segment, system.TryFind(place)
            ?? throw NativeError.From(nameof(Libc.unlinkat), (int)Errno.ENOENT, $"remove '{name}'", segment));

        // In the object's own directory: it can be moved there, and /proc still shows its full name.
        var folder = CString.ToBytes($"{TemporaryDirectory}{Guid.NewGuid():N}");
        using var aside = TryMakeDirectory(place.Directory, folder);
        if (aside is null)
        {
            // If it cannot be made (no inode left, say), the object gets another name next to its own.
            var beside = new Removal(system, place, place.Directory, NewFile.TemporaryPath(place.Leaf), "", segment);
            beside.Run();
            return;
        }

        try
        {
            var within = new Removal(
                system, place, aside, place.Leaf, Encoding.ASCII.GetString(folder.AsSpan()[..^1]), segment);
            within.Run();
        }
        finally
        {
            // Not empty if the object couldn't be moved back.
            fixed (byte* pointer = folder)
            {
                _ = Libc.unlinkat(place.Directory, pointer, Libc.AT_REMOVEDIR);
            }
        }
    }

    private static DescriptorHandle? TryMakeDirectory(DescriptorHandle parent, byte[] name)
    {
        fixed (byte* pointer = name)
        {
            if (Libc.mkdirat(parent, pointer, OwnersOnly) < 0)
            {
                return null;
            }

            // The parent's owner may have put something else there: only a directory that is ours and closed to others
            // is used.
            var made = Libc.openat(parent, pointer, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW);
            if (!made.IsInvalid
                && Libc.statx(made, Libc.STATX_BASIC_STATS, out var data) >= 0
                && data.stx_uid == Libc.geteuid()
                && (data.stx_mode & 0x3F) == 0)
            {
                return made;
            }

            made.Dispose();
            _ = Libc.unlinkat(parent, pointer, Libc.AT_REMOVEDIR);
            return null;
        }
    }

    /// <summary>One removal, by way of a place where the object is checked.</summary>
    private sealed class Removal(
        PosixFileSystem system, PosixPlace place, DescriptorHandle aside, byte[] asideLeaf, string asideFolder,
        ShmSegment segment)
    {
        public void Run()
        {
            fixed (byte* from = place.Leaf, to = asideLeaf)
            {
                var result = Libc.renameat2(place.Directory, from, aside, to, Libc.RENAME_NOREPLACE);
                if (result is -(int)Errno.EINVAL or -(int)Errno.ENOSYS or -(int)Errno.EPERM)
                {
                    // Not supported by the file system, or filtered: then the window is as wide as the two calls.
                    Unlink(place.Directory, from);
                    return;
                }

                if (result < 0)
                {
                    throw NativeError.From(nameof(Libc.unlinkat), -result, $"remove '{place.Name}'", segment);
                }

                if (!IsSame(to))
                {
                    GiveBack(to, from);
                    throw ShmSegments.IdentityChanged(segment);
                }

                Unlink(aside, to);
            }
        }

        private void Unlink(DescriptorHandle directory, byte* leaf)
        {
            var result = Libc.unlinkat(directory, leaf, 0);
            if (result < 0)
            {
                throw NativeError.From(nameof(Libc.unlinkat), -result, $"remove '{place.Name}'", segment);
            }
        }

        private bool IsSame(byte* leaf) =>
            Libc.statx(aside, leaf, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var data) >= 0
            && (data.stx_mode & Libc.S_IFMT) == Libc.S_IFREG
            && segment.IsSame(SegmentDescription.Of(ShmKind.Posix, place.Name, data));

        private void GiveBack(byte* from, byte* to)
        {
            var result = Libc.renameat2(aside, from, place.Directory, to, Libc.RENAME_NOREPLACE);
            if (result < 0)
            {
                var folder = place.Name[..(place.Name.LastIndexOf('/') + 1)]
                    + (asideFolder.Length > 0 ? asideFolder + "/" : "");
                var shown = PosixName.FromBytes(asideLeaf.AsSpan()[..^1])[1..];
                throw new ShmException(
                    ShmErrorId.IdentityChanged,
                    $"{segment} is no longer the segment that was listed. The object that had its name is now "
                        + $"'{system.Path}{folder}{shown}': "
                    + $"another took '{place.Name}' before it could get it back ({NativeError.Name(-result)}).",
                    segment);
            }
        }
    }
}
