using System;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Whether pages can be allocated safely: tmpfs may allow more than the memory that is left, System V memory has no
/// limit of its own, and filling up the host or a control group makes the kernel kill processes, this one or others.
/// </summary>
internal static class FreeRoom
{
    // Kept for this process itself, and for what others take until the next check. Small requests may go closer to the
    // limit.
    private const long Reserve = 64L << 20;
    private const long SmallReserve = 16L << 20;
    private const long Small = 64L << 10;

    // A check costs a tenth of a millisecond. Part of what was left may be used before the next one.
    private const int AllowanceShare = 8;
    private const int AllowanceMilliseconds = 100;

    private static long s_allowance;
    private static long s_allowedUntil;

    /// <exception cref="ShmException">
    /// NoSpace: the file system, a control group or the host doesn't have that many bytes left.
    /// </exception>
    public static void Require(DescriptorHandle descriptor, long bytes, string name)
    {
        // A memfd's file system reports no blocks: it has no limit.
        var result = Libc.fstatfs(descriptor, out var system);
        if (result >= 0 && system.f_blocks > 0 && (ulong)bytes > system.f_bavail * (ulong)system.f_bsize)
        {
            var left = (long)(system.f_bavail * (ulong)system.f_bsize);
            throw NativeError.From(
                ShmErrorId.NoSpace, nameof(Libc.fallocate), (int)Errno.ENOSPC, $"reserve {bytes} bytes for '{name}'",
                left == 0 ? $"{PosixFileSystem.DefaultPath} is full"
                    : $"{PosixFileSystem.DefaultPath} has {left} bytes left",
                $"mount -o remount,size=… {PosixFileSystem.DefaultPath} makes it larger (Docker: --shm-size).", name);
        }

        // Huge pages come from their own pool, which isn't part of what is available.
        if (result < 0 || system.f_type != Libc.HUGETLBFS_MAGIC)
        {
            RequireMemory(bytes, nameof(Libc.fallocate), $"reserve {bytes} bytes for '{name}'", name);
        }
    }

    /// <summary>Checks that this many bytes of memory can be allocated.</summary>
    /// <param name="bytes">Bytes that have no memory yet.</param>
    /// <param name="function">What would take them.</param>
    /// <param name="attempted">Completes "Cannot …".</param>
    /// <param name="target">The segment.</param>
    /// <exception cref="ShmException">NoSpace.</exception>
    public static void RequireMemory(long bytes, string function, string attempted, object target)
    {
        if (TryTake(bytes))
        {
            return;
        }

        var headroom = MemoryHeadroom.Read();
        if (headroom.Bytes is not { } left)
        {
            return;
        }

        var free = left - (bytes <= Small ? SmallReserve : Reserve);
        if (bytes > 0 && bytes > free)
        {
            throw NativeError.From(
                ShmErrorId.NoSpace, function, (int)Errno.ENOMEM, attempted,
                $"{headroom.Source} has {left} bytes of memory and swap left",
                "Pages take memory when they are reserved or first written.", target);
        }

        Volatile.Write(ref s_allowance, Math.Max(0, left - Reserve - bytes) / AllowanceShare);
        Volatile.Write(ref s_allowedUntil, Environment.TickCount64 + AllowanceMilliseconds);
    }

    /// <summary>
    /// Whether the last check allows this many more bytes, which then count as used. Takes nanoseconds.
    /// </summary>
    public static bool TryTake(long bytes) =>
        Environment.TickCount64 < Volatile.Read(ref s_allowedUntil) && Interlocked.Add(ref s_allowance, -bytes) >= 0;
}
