using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>What stat says about a file, even one without a name.</summary>
/// <param name="Device">The device, as <see cref="MapsLine.DeviceOf"/> makes it.</param>
/// <param name="Inode">The inode.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Allocated">Bytes that are backed by memory.</param>
/// <param name="UserId">The owner.</param>
/// <param name="GroupId">The group.</param>
/// <param name="Mode">Type and permissions, as in st_mode.</param>
/// <param name="Links">How many names it has; 0 for an unlinked one.</param>
internal readonly record struct FileFacts(
    ulong Device, ulong Inode, long Size, long Allocated, uint UserId, uint GroupId, ushort Mode, uint Links)
{
    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & Libc.S_IFMT) == Libc.S_IFDIR;

    /// <summary>From what statx(2) has filled; numbers that a file system makes up stay within 63 bits.</summary>
    public static FileFacts Of(in Libc.statx_buffer data) => new(
        MapsLine.DeviceOf(data.stx_dev_major, data.stx_dev_minor),
        data.stx_ino,
        (long)Math.Min(data.stx_size, long.MaxValue),
        (long)Math.Min(data.stx_blocks, long.MaxValue / 512) * 512,
        data.stx_uid,
        data.stx_gid,
        data.stx_mode,
        data.stx_nlink);
}
