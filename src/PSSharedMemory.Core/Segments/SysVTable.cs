using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.IO;

namespace PSSharedMemory;

/// <summary>
/// /proc/sysvipc/shm (proc_sysvipc(5)): every System V segment of this IPC namespace, whoever may read it, with the
/// memory that it takes; one read instead of a system call for each segment.
/// </summary>
internal static class SysVTable
{
    private const string Path = "/proc/sysvipc/shm";

    /// <summary>All segments, in the kernel's order.</summary>
    public static List<ShmSegment> Read()
    {
        var table = ReadBytes();
        var rest = table.AsSpan();
        var accounts = new AccountNames();
        var segments = new List<ShmSegment>();

        SkipLine(ref rest);
        while (!rest.IsEmpty)
        {
            segments.Add(ParseLine(ref rest, accounts));
        }

        return segments;
    }

    private static byte[] ReadBytes()
    {
        try
        {
            return File.ReadAllBytes(Path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ShmException(
                ShmErrorId.PlatformNotSupported,
                $"Cannot list System V segments: {Path} cannot be read. It needs a mounted /proc and a kernel with CONFIG_SYSVIPC.",
                Path);
        }
    }

    // key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap
    private static ShmSegment ParseLine(ref Span<byte> rest, AccountNames accounts)
    {
        var key = (int)Next(ref rest);
        var id = (int)Next(ref rest);
        var mode = Octal(Next(ref rest));
        var size = Next(ref rest);
        var creator = (int)Next(ref rest);
        var last = (int)Next(ref rest);
        var attachCount = Next(ref rest);
        var user = (uint)Next(ref rest);
        var group = (uint)Next(ref rest);
        _ = Next(ref rest);
        _ = Next(ref rest);
        var attached = Next(ref rest);
        var detached = Next(ref rest);
        var changed = Next(ref rest);
        var rss = Next(ref rest);
        var swap = Next(ref rest);
        SkipLine(ref rest);

        return new ShmSegment
        {
            Kind = ShmKind.SysV,
            Id = id,
            Key = key,
            Size = size,
            Allocated = rss + swap,
            Mode = SysVSegments.PermissionBits(mode),
            UserId = user,
            GroupId = group,
            AttachCount = attachCount,
            CreatorProcessId = creator == 0 ? null : creator,
            LastProcessId = last == 0 ? null : last,
            AttachTime = UnixTime.ToLocal(attached),
            DetachTime = UnixTime.ToLocal(detached),
            ChangeTime = UnixTime.ToLocal(changed),
            Status = SysVSegments.StatusBits(mode),
            Rss = rss,
            Swap = swap,
            Accounts = accounts,
        };
    }

    private static long Next(ref Span<byte> rest)
    {
        rest = rest.TrimStart((byte)' ');

        // Sizes are unsigned there: what is beyond Int64 stays at its end.
        if (Utf8Parser.TryParse(rest, out long value, out var used))
        {
            rest = rest[used..];
            return value;
        }

        if (Utf8Parser.TryParse(rest, out ulong _, out used))
        {
            rest = rest[used..];
            return long.MaxValue;
        }

        throw new ShmException(
            ShmErrorId.NativeCallFailed, $"Cannot list System V segments: {Path} is not of the form that proc_sysvipc(5) describes.", Path);
    }

    /// <summary>The number whose octal digits were read as decimal ones.</summary>
    private static uint Octal(long digits)
    {
        uint value = 0;
        for (var shift = 0; digits > 0; digits /= 10, shift += 3)
        {
            value |= (uint)(digits % 10) << shift;
        }

        return value;
    }

    private static void SkipLine(ref Span<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        rest = end < 0 ? default : rest[(end + 1)..];
    }
}
