using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// /proc/sysvipc/shm (proc_sysvipc(5)): every System V segment of this IPC namespace, readable or not, with its memory
/// use, in one read instead of a system call each.
/// </summary>
internal static class SysVTable
{
    /// <summary>All segments, in the kernel's order.</summary>
    /// <exception cref="ShmException">
    /// PlatformNotSupported: the kernel has no System V shared memory, or /proc isn't mounted. LimitReached,
    /// AccessDenied, NativeCallFailed: the table is there and can't be read.
    /// </exception>
    public static List<ShmSegment> Read()
    {
        using var reader = new ProcReader();
        var status = reader.Load("/proc/sysvipc/shm\0"u8);
        if (status < 0)
        {
            throw Unreadable(-status);
        }

        var pattern = SysVSegments.Labelled(new ShmSegment { Kind = ShmKind.SysV, Accounts = new AccountNames() });
        var segments = new List<ShmSegment>();
        var table = reader.Text;
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

    /// <summary>Whether /proc exists but has no table: then this kernel has no System V segments.</summary>
    public static bool IsAbsent()
    {
        var files = new HostFiles();
        return files.Exists("/proc/self/stat") && !files.Exists(SysVShmLine.Path);
    }

    private static ShmSegment Describe(in SysVShmLine line, ShmSegment pattern) => pattern with
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

    private static ShmException Unreadable(int errno)
    {
        const string Attempted = "list System V segments";
        if ((Errno)errno is not (Errno.ENOENT or Errno.ENOTDIR))
        {
            return NativeError.From(nameof(Libc.open), errno, Attempted, SysVShmLine.Path);
        }

        return IsAbsent()
            ? NativeError.From(
                ShmErrorId.PlatformNotSupported, nameof(Libc.open), errno, Attempted,
                $"{SysVShmLine.Path} doesn't exist",
                "The kernel needs CONFIG_SYSVIPC.", SysVShmLine.Path)
            : NativeError.From(
                ShmErrorId.PlatformNotSupported, nameof(Libc.open), errno, Attempted, "/proc isn't mounted",
                "Mount it: the kernel lists these segments there.", SysVShmLine.Path);
    }
}
