using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>/dev/shm as a list of objects: getdents64(2) and one statx(2) for each, no name decoded twice.</summary>
internal static unsafe class PosixDirectory
{
    public const string Path = "/dev/shm";

    // Where the fields of struct linux_dirent64 stand.
    private const int RecordLengthOffset = 16;
    private const int NameOffset = 19;

    private const int BufferSize = 64 * 1024;

    /// <summary>All regular files there, also those that this user may not open.</summary>
    public static List<ShmSegment> Read()
    {
        using var directory = Open();
        var accounts = new AccountNames();
        var segments = new List<ShmSegment>();
        var buffer = new byte[BufferSize];
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = Libc.getdents64(directory, start, BufferSize);
                if (count < 0)
                {
                    throw NativeError.From(nameof(Libc.getdents64), (int)-count, $"list {Path}", Path);
                }

                if (count == 0)
                {
                    return segments;
                }

                AddEntries(new ReadOnlySpan<byte>(start, (int)count), directory, accounts, segments);
            }
        }
    }

    private static void AddEntries(
        ReadOnlySpan<byte> records, DescriptorHandle directory, AccountNames accounts, List<ShmSegment> segments)
    {
        while (!records.IsEmpty)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(records[RecordLengthOffset..]);
            var name = records[NameOffset..length];
            name = name[..name.IndexOf((byte)0)];
            records = records[length..];

            fixed (byte* pointer = name)
            {
                // An object that was removed since the directory was read is none any more.
                var result = Libc.statx(
                    directory, pointer, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out var data);
                if (result >= 0 && (data.stx_mode & Libc.S_IFMT) == Libc.S_IFREG)
                {
                    segments.Add(SegmentDescription.Of(ShmKind.Posix, PosixName.FromBytes(name), data, accounts));
                }
            }
        }
    }

    private static DescriptorHandle Open()
    {
        var descriptor = Libc.open(Path, Libc.O_RDONLY);
        if (!descriptor.IsInvalid)
        {
            return descriptor;
        }

        throw (Errno)descriptor.Errno is Errno.ENOENT or Errno.ENOTDIR
            ? NativeError.From(
                ShmErrorId.PlatformNotSupported, nameof(Libc.open), descriptor.Errno, $"list {Path}", "the directory isn't there",
                "Mount a tmpfs there: POSIX shared memory needs it.", Path)
            : NativeError.From(nameof(Libc.open), descriptor.Errno, $"list {Path}", Path);
    }
}
