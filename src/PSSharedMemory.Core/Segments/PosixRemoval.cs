using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Removing the object that was listed, and no other that has its name by now. unlink(2) knows names only, so the object
/// is first moved into a directory that nobody else may enter, looked at there, and removed or given its place back. It
/// keeps its name meanwhile, for that is what /proc tells of it to those who still hold it. What stays of the race:
/// another object that was there for that moment is missing from its name for some microseconds, and where a third
/// takes the name meanwhile, it keeps the temporary place, which the error says.
/// </summary>
internal static unsafe class PosixRemoval
{
    /// <summary>What the directory is called in which an object is looked at before it goes; a GUID follows.</summary>
    public const string TemporaryDirectory = "/.pssharedmemory-removing-";

    /// <exception cref="ShmException">SegmentNotFound, IdentityChanged, AccessDenied.</exception>
    public static void Remove(ShmSegment segment)
    {
        var name = PosixSegments.NameOf(segment);
        var path = PosixName.ToPath(name);
        PosixSegments.CheckIdentity(segment, PosixSegments.TryFind(name, path)
            ?? throw NativeError.From(nameof(Libc.shm_unlink), (int)Errno.ENOENT, $"remove '{name}'", segment));
        var directory = PosixName.ToPath($"{TemporaryDirectory}{Guid.NewGuid():N}");
        byte[] aside = [.. directory.AsSpan()[..^1], .. path.AsSpan(path.AsSpan().LastIndexOf((byte)'/'))];
        fixed (byte* from = path, folder = directory, to = aside)
        {
            // Where it cannot be made (no inode is left, say), the object gets another name beside its own.
            if (Libc.mkdir(folder, 0x1C0) < 0)
            {
                RemoveAside(from, NewFile.TemporaryPath(path), name, segment);
                return;
            }

            try
            {
                RemoveAside(from, aside, name, segment);
            }
            finally
            {
                // Not empty where the object could not get its place back.
                _ = Libc.rmdir(folder);
            }
        }
    }

    private static void RemoveAside(byte* from, byte[] aside, string name, ShmSegment segment)
    {
        fixed (byte* to = aside)
        {
            var result = Libc.renameat2(from, to, Libc.RENAME_NOREPLACE);
            if (result is -(int)Errno.EINVAL or -(int)Errno.ENOSYS)
            {
                // A file system or a filter without it: then the window is as wide as the two calls.
                Unlink(from, name, segment);
                return;
            }

            if (result < 0)
            {
                throw NativeError.From(nameof(Libc.shm_unlink), -result, $"remove '{name}'", segment);
            }

            if (!IsSame(to, name, segment))
            {
                GiveBack(to, from, name, aside, segment);
                throw ShmSegments.IdentityChanged(segment);
            }

            Unlink(to, name, segment);
        }
    }

    private static void Unlink(byte* path, string name, ShmSegment segment)
    {
        var result = Libc.unlink(path);
        if (result < 0)
        {
            throw NativeError.From(nameof(Libc.shm_unlink), -result, $"remove '{name}'", segment);
        }
    }

    private static bool IsSame(byte* path, string name, ShmSegment segment) =>
        Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var data) >= 0
        && (data.stx_mode & Libc.S_IFMT) == Libc.S_IFREG
        && segment.IsSame(SegmentDescription.Of(ShmKind.Posix, name, data));

    private static void GiveBack(byte* aside, byte* path, string name, byte[] asideBytes, ShmSegment segment)
    {
        var result = Libc.renameat2(aside, path, Libc.RENAME_NOREPLACE);
        if (result < 0)
        {
            var shown = System.Text.Encoding.UTF8.GetString(asideBytes.AsSpan()[..^1]);
            throw new ShmException(
                ShmErrorId.IdentityChanged,
                $"{segment} is no longer the segment that was listed. The object that had its name is now '{shown}': "
                + $"another took '{name}' before it could get it back ({NativeError.Name(-result)}).",
                segment);
        }
    }
}
