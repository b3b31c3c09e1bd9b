using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Whether pages can be reserved without harm: tmpfs may be allowed to be larger than what memory is left, and to fill
/// memory up would have the kernel kill processes, this one or others.
/// </summary>
internal static class FreeRoom
{
    /// <exception cref="ShmException">NoSpace: the file system or the host has not so many bytes left.</exception>
    public static void Require(DescriptorHandle descriptor, long bytes, string name)
    {
        // A memfd's file system reports no blocks: it has no limit of its own.
        var result = Libc.fstatfs(descriptor.Number, out var system);
        if (result >= 0 && system.f_blocks > 0 && (ulong)bytes > system.f_bavail * (ulong)system.f_bsize)
        {
            throw NativeError.From(
                nameof(Libc.fallocate), (int)Errno.ENOSPC,
                $"reserve {bytes} bytes for '{name}', of which {PosixDirectory.Path} has {system.f_bavail * (ulong)system.f_bsize} left", name);
        }

        if (result >= 0 && system.f_type == Libc.HUGETLBFS_MAGIC)
        {
            // Huge pages come from their own pool, which is no part of what is available.
            return;
        }

        var headroom = MemoryHeadroom.Read();
        if (bytes > headroom.Bytes)
        {
            throw NativeError.From(
                ShmErrorId.NoSpace, nameof(Libc.fallocate), (int)Errno.ENOMEM, $"reserve {bytes} bytes for '{name}'",
                $"{headroom.Source} has {headroom.Bytes} bytes of memory and swap left",
                "", name);
        }
    }
}
