using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>How much a file system in memory can hold, and holds (statfs(2)), in bytes.</summary>
/// <param name="Size">Null for no limit: tmpfs answers 0 then.</param>
/// <param name="Used">Null likewise: without a limit it keeps no count.</param>
internal readonly record struct TmpfsRoom(long? Size, long? Used)
{
    /// <summary>Out of what the kernel has filled.</summary>
    public static TmpfsRoom Of(in Libc.statfs_buffer data) => data.f_blocks == 0
        ? default
        : new((long)data.f_blocks * data.f_bsize, (long)(data.f_blocks - data.f_bfree) * data.f_bsize);
}
