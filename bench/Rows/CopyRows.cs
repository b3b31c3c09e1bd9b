using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>256 MiB in and out of a mapping.</summary>
internal static partial class CopyRows
{
    private const int Size = 256 << 20;

    public static IEnumerable<Row> All =>
    [
        new("System V read of 256 MiB", "libc memcpy, bandwidth", 0.95, true, () => Plain(isRead: true)),
        new("System V write of 256 MiB", "libc memcpy, bandwidth", 0.95, true, () => Plain(isRead: false)),
        new("POSIX read of 256 MiB", "libc memcpy, bandwidth", 0.95, true, () => Guarded(isRead: true)),
        new("POSIX write of 256 MiB", "libc memcpy, bandwidth", 0.95, true, () => Guarded(isRead: false)),
    ];

    private static Ratio Plain(bool isRead)
    {
        var segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = Size });
        using var mapping = ShmMapping.Mount(segment);
        ShmSegments.Remove(segment);
        return Compare(mapping, isRead);
    }

    private static Ratio Guarded(bool isRead)
    {
        var segment = PosixSegments.Create(
            $"/pssharedmemory-bench-{Environment.ProcessId}", new ShmCreateOptions { Size = Size });
        using var mapping = ShmMapping.Mount(segment);
        ShmSegments.Remove(segment);
        return Compare(mapping, isRead);
    }

    private static unsafe Ratio Compare(ShmMapping mapping, bool isRead)
    {
        var buffer = Filled();
        mapping.Writer.WriteBytes(0, buffer);
        fixed (byte* pointer = buffer)
        {
            var local = (nint)pointer;
            return isRead
                ? SideBySide.Time(() =>
                    mapping.Reader.ReadBytes(0, buffer.AsSpan()), () => memcpy(local, mapping.Start, Size)).Inverted
                : SideBySide.Time(
                    () => mapping.Writer.WriteBytes(0, buffer), () => memcpy(mapping.Start, local, Size)).Inverted;
        }
    }

    public static byte[] Filled()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
        buffer.AsSpan().Fill(1);
        return buffer;
    }

    [LibraryImport("libc")]
    public static partial nint memcpy(nint destination, nint source, nint count);
}
