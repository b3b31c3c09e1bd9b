using System;
using System.Diagnostics;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Exports to one name commit one after the other. An export keeps its metadata locked (flock(2)) until its data has
/// its own name, so whoever replaces that metadata waits for the lock first; otherwise the bytes of one could end up
/// under the metadata of another.
/// </summary>
internal static unsafe class SnapshotTurn
{
    // An export that was stopped halfway, or another program with a lock, delays the next one no longer.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Locks the metadata file that is there until the handle is disposed of; an invalid handle if it cannot be opened,
    /// with ENOENT if there is none.
    /// </summary>
    public static DescriptorHandle Take(string path, byte[] pathBytes, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var file = Libc.open(path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOFOLLOW);
            try
            {
                while (!file.IsInvalid && clock.Elapsed < LongestWait
                    && Libc.flock(file, Libc.LOCK_EX | Libc.LOCK_NB) == -(int)Errno.EAGAIN)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Thread.Sleep(1);
                }
            }
            catch
            {
                file.Dispose();
                throw;
            }

            if (file.IsInvalid || clock.Elapsed >= LongestWait || IsAt(file, pathBytes))
            {
                return file;
            }

            // Another has replaced it meanwhile.
            file.Dispose();
        }
    }

    /// <summary>Whether a path leads to an open file.</summary>
    public static bool IsAt(DescriptorHandle file, byte[] pathBytes)
    {
        fixed (byte* path = pathBytes)
        {
            return Libc.statx(
                    Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var there) >= 0
                && Libc.statx(file, Libc.STATX_BASIC_STATS, out var own) >= 0
                && there.stx_ino == own.stx_ino
                && SegmentDescription.DeviceNumber(there) == SegmentDescription.DeviceNumber(own);
        }
    }
}
