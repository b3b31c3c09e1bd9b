using System;
using System.IO;
using System.Text;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Files that a killed export left next to its snapshot: data or metadata under a temporary name. A living export keeps
/// its files locked (flock(2)), so a file that can be locked belongs to nobody.
/// </summary>
internal static unsafe class SnapshotLeftovers
{
    /// <summary>Locks a new file as a living export's, unless the file system has no locks.</summary>
    public static void Claim(NewFile file) => _ = Libc.flock(file.Descriptor, Libc.LOCK_EX);

    /// <summary>
    /// Unlocks it before it's closed: a process that another thread is starting has its descriptor until its execve(2),
    /// and would keep the finished file locked for so long.
    /// </summary>
    public static void Release(NewFile file)
    {
        if (!file.Descriptor.IsClosed)
        {
            _ = Libc.flock(file.Descriptor, Libc.LOCK_UN);
        }
    }

    /// <summary>Removes this user's abandoned files; returns how many.</summary>
    /// <param name="path">The file of the bytes.</param>
    /// <param name="metadataPath">The file of the metadata.</param>
    public static int Remove(string path, string metadataPath)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };
        var count = 0;
        try
        {
            foreach (var file in Directory.EnumerateFiles(folder, $"*{NewFile.Suffix}", options))
            {
                var name = Encoding.UTF8.GetBytes(Path.GetFileName(file));
                if ((NewFile.IsTemporaryNameOf(name, Leaf(path)) || NewFile.IsTemporaryNameOf(name, Leaf(metadataPath)))
                    && TryRemove(file, path))
                {
                    count++;
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A folder that can be written but not read: leftovers cannot be found.
        }

        return count;
    }

    private static byte[] Leaf(string path) => Encoding.UTF8.GetBytes(Path.GetFileName(path));

    private static bool TryRemove(string file, string path)
    {
        using var held = Libc.open(file, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOFOLLOW);
        if (held.IsInvalid
            || Libc.statx(held, Libc.STATX_BASIC_STATS, out var data) < 0
            || (data.stx_mode & Libc.S_IFMT) != Libc.S_IFREG || data.stx_uid != Libc.geteuid()
            || Libc.flock(held, Libc.LOCK_EX | Libc.LOCK_NB) < 0)
        {
            return false;
        }

        // Check only now: the former lock holder may have committed, which makes this the snapshot's data.
        if (StagedName(path) == Path.GetFileName(file))
        {
            return false;
        }

        fixed (byte* name = CString.ToBytes(file))
        {
            return Libc.unlink(name) >= 0;
        }
    }

    private static string? StagedName(string path)
    {
        try
        {
            return SnapshotJson.Read(path).StagedName;
        }
        catch (Exception error) when (error is ShmException or IOException or UnauthorizedAccessException)
        {
            // Without readable metadata, no snapshot's data is there.
            return null;
        }
    }
}
