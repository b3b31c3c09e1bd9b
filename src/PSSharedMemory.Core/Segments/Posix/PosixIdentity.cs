using System;
using System.Globalization;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Identifies the directory and file system that POSIX objects are in. A device number is reused once its file system
/// is gone; the id isn't.
/// </summary>
/// <param name="Device">The device, as <see cref="MapsLine.DeviceOf"/> makes it.</param>
/// <param name="Inode">The inode of the directory; 0 for the top of the file system.</param>
/// <param name="Id">The file system's random id (f_fsid); null if it has none.</param>
internal readonly record struct PosixIdentity(ulong Device, ulong Inode, long? Id)
{
    private const string Prefix = "shm:[";

    // What tmpfs and others give their top directory.
    private const ulong LastTopInode = 2;

    /// <summary>"shm:[0:52]", or "shm:[0:52:7]" for a directory within.</summary>
    public string Text => Inode == 0 ? TextOf(Device)
        : FormattableString.Invariant($"{Prefix}{Device >> 32}:{(uint)Device}:{Inode}]");

    /// <summary>What the whole file system of a device is called.</summary>
    public static string TextOf(ulong device) => FormattableString.Invariant($"{Prefix}{device >> 32}:{(uint)device}]");

    /// <summary>Reads it from an open directory; null if it is unknown.</summary>
    public static PosixIdentity? Of(DescriptorHandle directory)
    {
        if (directory.IsInvalid || Libc.statx(directory, Libc.STATX_BASIC_STATS, out var data) < 0)
        {
            return null;
        }

        var id = Libc.fstatfs(directory, out var system) >= 0 && system.f_fsid != 0 ? (long?)system.f_fsid : null;
        return new PosixIdentity(
            SegmentDescription.DeviceNumber(data), data.stx_ino <= LastTopInode ? 0 : data.stx_ino, id);
    }

    /// <summary>Takes the text apart.</summary>
    public static bool TryParse(string? text, long? id, out PosixIdentity identity)
    {
        identity = default;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal) || !text.EndsWith(']'))
        {
            return false;
        }

        var parts = text[Prefix.Length..^1].Split(':');
        if (parts.Length is not (2 or 3) || !TryNumber(parts[0], out var major) || !TryNumber(parts[1], out var minor))
        {
            return false;
        }

        ulong inode = 0;
        if (parts.Length == 3 && !ulong.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out inode))
        {
            return false;
        }

        identity = new PosixIdentity(MapsLine.DeviceOf(major, minor), inode, id);
        return true;
    }

    /// <summary>Whether both are the same, as far as both know.</summary>
    public bool IsSame(PosixIdentity other) =>
        Device == other.Device && Inode == other.Inode && (Id is null || other.Id is null || Id == other.Id);

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
