using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The devices that distinguish shared memory from files: that of /dev/shm, and those of the file systems that the
/// kernel mounts for itself, where System V segments, memfds and shared anonymous memory live. A path alone proves
/// nothing: any file may be called "/SYSV00000000 (deleted)".
/// </summary>
/// <param name="Posix">The device of /dev/shm as this process sees it; 0 where there is none.</param>
/// <param name="Kernel">The devices of the kernel's own tmpfs and hugetlbfs mounts.</param>
/// <param name="Huge">Those of them that are hugetlbfs.</param>
/// <param name="OtherPosix">Devices of other tmpfs mounts at a /dev/shm: of containers, or covered by a later
/// mount.</param>
internal sealed record ShmDevices(
    ulong Posix, IReadOnlySet<ulong> Kernel, IReadOnlySet<ulong> Huge, IReadOnlySet<ulong> OtherPosix)
{
    // The kernel mounts these once at boot (huge pages: one for each size) and never again.
    private static KernelMounts? s_kernelMounts;

    /// <summary>
    /// Whether all of that device is shared memory. Where /dev/shm is a directory of a larger file system, what is in
    /// it is told by the paths too.
    /// </summary>
    public bool IsWhole { get; internal init; } = true;

    /// <summary>
    /// What the paths of objects begin with, up to and with a '/': one for each mount that shows them.
    /// </summary>
    public IReadOnlyList<byte[]> Prefixes { get; internal init; } = ["/dev/shm/"u8.ToArray()];

    private static ReadOnlySpan<byte> DeletedSuffix => " (deleted)"u8;

    /// <summary>Reads them, as they are for this process.</summary>
    public static ShmDevices Read(ProcReader reader)
    {
        HashSet<ulong> others = [];
        var mount = new PosixMount();
        if (reader.Load("/proc/self/mountinfo\0"u8) >= 0)
        {
            AddSharedMemoryMounts(reader.Text, others);
            mount = PosixMount.Read(PosixFileSystem.DefaultPath, reader.Text);
        }

        others.Remove(mount.Device);
        var kernel = ReadKernelMounts();
        return new ShmDevices(mount.Device, kernel.All, kernel.Huge, others)
        {
            IsWhole = mount.IsWhole,
            Prefixes = mount.Prefixes
        };
    }

    /// <summary>These, and more devices of POSIX objects.</summary>
    public ShmDevices With(IReadOnlySet<ulong> posix) => posix.Count == 0 ? this
        : this with { OtherPosix = new HashSet<ulong>([.. OtherPosix, .. posix.Where(device => device != Posix)]) };

    /// <summary>Adds the device of each tmpfs that is mounted at /dev/shm.</summary>
    public static void AddSharedMemoryMounts(ReadOnlySpan<byte> mountInfo, ISet<ulong> devices)
    {
        while (MountInfoLine.TryRead(ref mountInfo, out var mount))
        {
            if (mount.Type.SequenceEqual("tmpfs"u8) && mount.MountPoint.EndsWith("/dev/shm"u8))
            {
                devices.Add(mount.Device);
            }
        }
    }

    /// <summary>Whether a device is one that shared memory lives on.</summary>
    public bool MayHold(ulong device) =>
        device != 0 && (device == Posix || Kernel.Contains(device) || OtherPosix.Contains(device));

    /// <summary>
    /// What is behind a path in maps or behind a descriptor's link, and whether it is of this process' own /dev/shm.
    /// </summary>
    public ShmAreaKind Classify(ulong device, ReadOnlySpan<byte> path, bool isShared)
    {
        if (device == 0)
        {
            return ShmAreaKind.None;
        }

        if (device == Posix ? IsWhole || PosixMount.TryStrip(Prefixes, path, out _) : OtherPosix.Contains(device))
        {
            return ShmAreaKind.Posix;
        }

        if (!Kernel.Contains(device))
        {
            return ShmAreaKind.None;
        }

        if (path.StartsWith("/SYSV"u8))
        {
            return ShmAreaKind.SysV;
        }

        if (path.StartsWith("/memfd:"u8))
        {
            return ShmAreaKind.MemFd;
        }
        // Private memory from the pool of huge pages has the same name, so the area itself must be shared.
        return isShared && (path.StartsWith("/dev/zero"u8) || path.StartsWith("/anon_hugepage"u8))
            ? ShmAreaKind.Anonymous
            : ShmAreaKind.None;
    }

    /// <summary>The name of an object, without the '/' in front: of "/dev/shm/relay/log.0", or of what a reader outside
    /// of the mount sees, "/relay/log.0".</summary>
    public ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> path) =>
        PosixMount.TryStrip(Prefixes, path, out var name) ? name
        : path.StartsWith("/dev/shm/"u8) ? path["/dev/shm/"u8.Length..]
        : path.TrimStart((byte)'/');

    /// <summary>The label of a memfd out of "/memfd:label (deleted)".</summary>
    public static ReadOnlySpan<byte> MemFdLabel(ReadOnlySpan<byte> path) =>
        WithoutDeleted(path["/memfd:"u8.Length..]);

    /// <summary>Whether it is the memfd that the .NET runtime makes code through.</summary>
    public static bool IsRuntimeCode(ShmAreaKind kind, ReadOnlySpan<byte> path) =>
        kind == ShmAreaKind.MemFd && path.StartsWith("/memfd:doublemapper"u8);

    /// <summary>A path without the kernel's " (deleted)" behind it.</summary>
    public static ReadOnlySpan<byte> WithoutDeleted(ReadOnlySpan<byte> path) =>
        path.EndsWith(DeletedSuffix) ? path[..^DeletedSuffix.Length] : path;

    // A memfd lives where the kernel puts all shared memory without a path, so its device is the one to look for. A
    // result is kept; a failure for lack of descriptors or memory isn't.
    private static KernelMounts ReadKernelMounts()
    {
        if (Volatile.Read(ref s_kernelMounts) is { } known)
        {
            return known;
        }

        HashSet<ulong> devices = [];
        HashSet<ulong> huge = [];
        AddMemFdDevice(0, devices);
        AddAnonymousDevice(devices);
        foreach (var size in HugePageSizes.Of(new HostFiles()))
        {
            AddMemFdDevice(HugePageFlags((ulong)size), huge);
        }

        devices.UnionWith(huge);
        var mounts = new KernelMounts(devices, huge);
        Volatile.Write(ref s_kernelMounts, mounts);
        return mounts;
    }

    // The binary logarithm of the size from bit 26 on (memfd_create(2)).
    private static uint HugePageFlags(ulong size) =>
        Libc.MFD_HUGETLB | ((uint)BitOperations.Log2(size) << Libc.MFD_HUGE_SHIFT);

    private static void AddMemFdDevice(uint flags, HashSet<ulong> devices)
    {
        using var descriptor =
            new DescriptorHandle(Libc.memfd_create("pssharedmemory-probe", Libc.MFD_CLOEXEC | flags));
        if (!descriptor.IsInvalid)
        {
            if (Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data) >= 0)
            {
                devices.Add(MapsLine.DeviceOf(data.stx_dev_major, data.stx_dev_minor));
            }
        }
        else if ((Errno)descriptor.Errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM)
        {
            throw NativeError.From(
                nameof(Libc.memfd_create), descriptor.Errno, "find out where the kernel keeps shared memory");
        }
    }

    // A filter may forbid memfds: shared memory without a name lies on the same device.
    private static void AddAnonymousDevice(HashSet<ulong> devices)
    {
        if (devices.Count > 0)
        {
            return;
        }

        var page = (nuint)Environment.SystemPageSize;
        var address = Libc.mmap(0, page, Libc.PROT_READ, Libc.MAP_SHARED | Libc.MAP_ANONYMOUS, -1, 0);
        if (Libc.IsError(address))
        {
            throw NativeError.From(nameof(Libc.mmap), (int)-address, "find out where the kernel keeps shared memory");
        }

        try
        {
            devices.Add(OwnAreas.DeviceAt(address));
        }
        finally
        {
            _ = Libc.munmap(address, page);
        }
    }

    private sealed record KernelMounts(IReadOnlySet<ulong> All, IReadOnlySet<ulong> Huge);
}
