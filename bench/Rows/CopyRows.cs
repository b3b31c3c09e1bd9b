using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using PSSharedMemory.Native;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>256 MiB in and out of a mapping.</summary>
internal static partial class CopyRows
{
    private const int Size = 256 << 20;

    public static IEnumerable<Row> All =>
    [
        new("fast-path read of 256 MiB", "libc memcpy, bandwidth", 0.95, true, () => Plain(isRead: true)),
        new("fast-path write of 256 MiB", "libc memcpy, bandwidth", 0.95, true, () => Plain(isRead: false)),
        new("guarded read of 256 MiB", "bare pread, bandwidth", 0.95, true, () => Guarded(isRead: true)),
        new("guarded write of 256 MiB", "bare process_vm_writev, bandwidth", 0.95, true, () => Guarded(isRead: false)),
    ];

    private static unsafe Ratio Plain(bool isRead)
    {
        var segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = Size });
        using var mapping = ShmMapping.Mount(segment);
        ShmSegments.Remove(segment);
        var buffer = Filled();
        mapping.Writer.WriteBytes(0, buffer);
        fixed (byte* pointer = buffer)
        {
            var local = (nint)pointer;
            return isRead
                ? SideBySide.Time(() => mapping.Reader.ReadBytes(0, buffer.AsSpan()), () => memcpy(local, mapping.Address, Size)).Inverted
                : SideBySide.Time(() => mapping.Writer.WriteBytes(0, buffer), () => memcpy(mapping.Address, local, Size)).Inverted;
        }
    }

    private static unsafe Ratio Guarded(bool isRead)
    {
        var segment = PosixSegments.Create($"/pssharedmemory-bench-{Environment.ProcessId}", new ShmCreateOptions { Size = Size });
        using var mapping = ShmMapping.Mount(segment);
        ShmSegments.Remove(segment);
        var buffer = Filled();
        mapping.Writer.WriteBytes(0, buffer);
        fixed (byte* pointer = buffer)
        {
            var local = (nint)pointer;
            return isRead
                ? SideBySide.Time(() => mapping.Reader.ReadBytes(0, buffer.AsSpan()), () => Whole((to, done, left) => Libc.pread(mapping.Descriptor!.Number, to, left, done), local)).Inverted
                : SideBySide.Time(() => mapping.Writer.WriteBytes(0, buffer), () => Whole((from, done, left) => Libc.process_vm_writev(Environment.ProcessId, from, mapping.Address + (nint)done, left), local)).Inverted;
        }
    }

    private static void Whole(Func<nint, long, nuint, long> call, nint local)
    {
        for (long done = 0; done < Size;)
        {
            done += call(local + (nint)done, done, (nuint)(Size - done));
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
