using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The kernel's table of System V segments: every one of this IPC namespace, readable or not. /proc/sysvipc/shm
/// (proc_sysvipc(5)) has it in one read, with the memory that each takes. Where containers or mount options hide that
/// file, shmctl(2) goes through the same table, one call a segment, without the memory.
/// </summary>
internal static class SysVTable
{
    private const string Attempted = "list System V segments";

    // Segments that are made and removed meanwhile make counts that don't fit.
    private const int Looks = 3;

    /// <summary>All segments, in the kernel's order.</summary>
    /// <exception cref="ShmException">
    /// PlatformNotSupported: the kernel has no System V shared memory. LimitReached, AccessDenied, NativeCallFailed:
    /// it has, and the table cannot be read.
    /// </exception>
    public static List<ShmSegment> Read()
    {
        using var reader = new ProcReader();
        var status = reader.Load("/proc/sysvipc/shm\0"u8);
        // The kernel writes a head line even where there is none; something empty has been put over the file.
        return status >= 0 && !reader.Text.IsEmpty ? Parse(reader.Text)
            : (Errno)(-status) is Errno.EMFILE or Errno.ENFILE ? throw NativeError.From(
                nameof(Libc.open), -status, Attempted, SysVShmLine.Path)
            : Ask();
    }

    /// <summary>Whether this kernel has no System V shared memory.</summary>
    public static bool IsAbsent() =>
        !IsReadable() && Libc.shmctl(out _) == -(int)Errno.ENOSYS;

    /// <summary>Whether /proc/sysvipc/shm is there and is the kernel's.</summary>
    public static bool IsReadable() => new HostFiles().ReadBytes(SysVShmLine.Path).Length > 0;

    private static List<ShmSegment> Parse(ReadOnlySpan<byte> table)
    {
        var pattern = SysVSegments.Labelled(new ShmSegment { Kind = ShmKind.SysV, Accounts = new AccountNames() });
        var segments = new List<ShmSegment>();
        try
        {
            while (SysVShmLine.TryRead(ref table, out var line))
            {
                segments.Add(HugeSegments.Marked(Describe(line, pattern)));
            }
        }
        catch (FormatException error)
        {
            throw new ShmException(
                ShmErrorId.NativeCallFailed, $"Cannot list System V segments: {error.Message}", SysVShmLine.Path);
        }

        return segments;
    }

    private static List<ShmSegment> Ask()
    {
        var accounts = new AccountNames();
        for (var look = 1; ; look++)
        {
            var last = Libc.shmctl(out var info);
            if (last < 0)
            {
                throw Unreadable(-last);
            }

            List<ShmSegment> segments = [];
            for (var place = 0; place <= last; place++)
            {
                Libc.shmid_ds data = default;
                var id = Libc.shmctl(place, Libc.SHM_STAT_ANY, ref data);
                if (id >= 0)
                {
                    segments.Add(SysVSegments.Describe(id, data, accounts));
                }
            }

            if (segments.Count >= info.used_ids || (look == Looks && segments.Count > 0))
            {
                return segments;
            }

            // Linux before 4.17 doesn't know the command, and may list nothing of other users.
            if (look == Looks)
            {
                throw NativeError.From(nameof(Libc.shmctl), (int)Errno.EINVAL, Attempted, SysVShmLine.Path);
            }
        }
    }

    private static ShmSegment Describe(in SysVShmLine line, ShmSegment pattern) => new(pattern)
    {
        Id = line.Id,
        Key = line.Key,
        Size = line.Size,
        Allocated = line.Rss + line.Swap,
        Mode = SegmentMode.Of(line.Mode),
        UserId = line.UserId,
        GroupId = line.GroupId,
        AttachCount = line.AttachCount,
        CreatorProcessId = line.CreatorProcessId == 0 ? null : line.CreatorProcessId,
        LastProcessId = line.LastProcessId == 0 ? null : line.LastProcessId,
        AttachTime = UnixTime.ToUtc(line.AttachTime),
        DetachTime = UnixTime.ToUtc(line.DetachTime),
        ChangeTime = UnixTime.ToUtc(line.ChangeTime),
        Status = SysVSegments.StatusBits(line.Mode),
        Rss = line.Rss,
        Swap = line.Swap,
    };

    private static ShmException Unreadable(int errno) => (Errno)errno == Errno.ENOSYS
        ? NativeError.From(
            ShmErrorId.PlatformNotSupported, nameof(Libc.shmctl), errno, Attempted,
            "this kernel has no System V shared memory",
            "It needs CONFIG_SYSVIPC.", SysVShmLine.Path)
        : NativeError.From(nameof(Libc.shmctl), errno, Attempted, SysVShmLine.Path);
}
