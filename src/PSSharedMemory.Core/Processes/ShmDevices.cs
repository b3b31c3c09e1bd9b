using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// The devices that tell shared memory from files: that of /dev/shm, and those of the file systems that the kernel
/// mounts for itself, where System V segments, memfds and shared anonymous memory live. A path alone tells nothing:
/// any file may be called "/SYSV00000000 (deleted)".
/// </summary>
/// <param name="Posix">The device of /dev/shm as this process sees it; 0 where nothing is mounted there.</param>
/// <param name="Kernel">The devices of the kernel's own tmpfs and hugetlbfs mounts.</param>
/// <param name="OtherPosix">Devices of other tmpfs mounts at a /dev/shm: of containers, or covered by a later mount.</param>
internal sealed record ShmDevices(ulong Posix, IReadOnlySet<ulong> Kernel, IReadOnlySet<ulong> OtherPosix)
{
    private static ReadOnlySpan<byte> DeletedSuffix => " (deleted)"u8;

    /// <summary>What stands behind a path of maps or of a descriptor's link, and whether it is of this process' own /dev/shm.</summary>
    public ShmAreaKind Classify(ulong device, ReadOnlySpan<byte> path, bool isShared)
    {
        if (device == 0)
            return ShmAreaKind.None;
        if (device == Posix || OtherPosix.Contains(device))
            return ShmAreaKind.Posix;
        if (!Kernel.Contains(device))
            return ShmAreaKind.None;
        if (path.StartsWith("/SYSV"u8))
            return ShmAreaKind.SysV;
        if (path.StartsWith("/memfd:"u8))
            return ShmAreaKind.MemFd;
        // Private memory from the pool of huge pages bears the same name, so the area itself must be shared.
        return isShared && (path.StartsWith("/dev/zero"u8) || path.StartsWith("/anon_hugepage"u8))
            ? ShmAreaKind.Anonymous
            : ShmAreaKind.None;
    }

    /// <summary>The label of a memfd out of "/memfd:label (deleted)".</summary>
    public static ReadOnlySpan<byte> MemFdLabel(ReadOnlySpan<byte> path) =>
        WithoutDeleted(path["/memfd:"u8.Length..]);

    /// <summary>A path without the kernel's " (deleted)" behind it.</summary>
    public static ReadOnlySpan<byte> WithoutDeleted(ReadOnlySpan<byte> path) =>
        path.EndsWith(DeletedSuffix) ? path[..^DeletedSuffix.Length] : path;
}
