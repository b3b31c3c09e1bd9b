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
    public bool IsDirectory => (Mode & 0xF000) == 0x4000;
}
