using System;
using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Describes an object that is a file to the kernel, in /dev/shm or a memfd, by statx(2).</summary>
internal static class SegmentDescription
{
    /// <summary>The facts of an object.</summary>
    /// <param name="kind">Posix or MemFd.</param>
    /// <param name="name">"/name", or a memfd's label.</param>
    /// <param name="data">From statx.</param>
    /// <param name="accounts">Names that a listing has looked up already.</param>
    public static ShmSegment Of(
        ShmKind kind, string? name, in Libc.statx_buffer data, AccountNames? accounts = null) => new()
        {
            Kind = kind,
            Name = name,
            Size = (long)Math.Min(data.stx_size, long.MaxValue),
            Allocated = (long)Math.Min(data.stx_blocks, long.MaxValue / 512) * 512,
            Mode = (UnixFileMode)(data.stx_mode & 0xFFF),
            UserId = data.stx_uid,
            GroupId = data.stx_gid,
            ChangeTime = UnixTime.ToUtc(data.stx_ctime.tv_sec, data.stx_ctime.tv_nsec),
            AccessTime = kind == ShmKind.Posix ? UnixTime.ToUtc(data.stx_atime.tv_sec, data.stx_atime.tv_nsec) : null,
            Status = kind == ShmKind.Posix && IsNamedSemaphore(name, data)
            ? ShmSegmentStatus.NamedSemaphore
            : ShmSegmentStatus.None,
            Device = DeviceNumber(data),
            Inode = data.stx_ino,
            Accounts = accounts,
        };

    /// <summary>The facts of the object behind a descriptor.</summary>
    /// <param name="kind">Posix or MemFd.</param>
    /// <param name="name">"/name", or a memfd's label.</param>
    /// <param name="descriptor">Of any kind, O_PATH too for a POSIX object.</param>
    public static ShmSegment Of(ShmKind kind, string? name, DescriptorHandle descriptor)
    {
        var result = Libc.statx(descriptor, Libc.STATX_BASIC_STATS, out var data);
        NativeError.ThrowIf(result, nameof(Libc.statx), $"look at '{name}'", name);

        var segment = Of(kind, name, data);
        if (kind == ShmKind.Posix)
        {
            return segment;
        }

        if (kind == ShmKind.Anonymous)
        {
            return new ShmSegment(segment)
            {
                Status = HugePageSize(descriptor) != 0 ? ShmSegmentStatus.HugePages : ShmSegmentStatus.None,
                Descriptor = descriptor,
            };
        }

        var seals = MemFdSegments.ReadSeals(descriptor);
        return new ShmSegment(segment)
        {
            Status = (seals != ShmSeals.None ? ShmSegmentStatus.Sealed : 0)
                | (HugePageSize(descriptor) != 0 ? ShmSegmentStatus.HugePages : 0),
            Seals = seals,
            Descriptor = descriptor,
        };
    }

    /// <summary>The facts of a memfd, or of memory without a name, behind a descriptor of it.</summary>
    public static ShmSegment OfNameless(ShmSegment segment, DescriptorHandle descriptor) => segment.Kind
        == ShmKind.MemFd
        ? MemFdSegments.Describe(descriptor, MemFdSegments.LabelOf(segment))
        : Of(segment.Kind, segment.Name, descriptor);

    /// <summary>
    /// Bytes of one huge page of the object's pool; 0 for ordinary pages. Not by the block size: with transparent huge
    /// pages, ordinary shared memory reports a huge one too.
    /// </summary>
    public static long HugePageSize(DescriptorHandle descriptor) =>
        Libc.fstatfs(descriptor, out var system) >= 0 && system.f_type == Libc.HUGETLBFS_MAGIC ? system.f_bsize : 0;

    /// <summary>As in ShmSegment.Device.</summary>
    public static ulong DeviceNumber(in Libc.statx_buffer data) =>
        MapsLine.DeviceOf(data.stx_dev_major, data.stx_dev_minor);

    /// <summary>By its name and the size of a sem_t; the C library itself knows no more.</summary>
    private static bool IsNamedSemaphore(string? name, in Libc.statx_buffer data)
    {
        const int SizeOfSemaphore = 32;
        return data.stx_size == SizeOfSemaphore && name?.StartsWith("/sem.", StringComparison.Ordinal) == true;
    }
}
