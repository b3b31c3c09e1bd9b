using System;
using System.Collections.Generic;
using System.Text;
using PSSharedMemory.Native;

namespace PSSharedMemory.Benchmarks.Rows;

/// <summary>
/// Attaching and detaching in the core library. Of System V memory one page is touched, here and by the bare calls.
/// </summary>
internal static unsafe class MountRows
{
    private const int Size = 64 * 1024;
    private const int Times = 20_000;

    public static IEnumerable<Row> All =>
    [
        new("mount and dismount System V, core library", "bare shmat and shmdt", 1.2, false, SysV),
        new("mount and dismount POSIX, core library", "bare open, mmap, close and munmap", 1.2, false, Posix),
    ];

    private static Ratio SysV()
    {
        var segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = Size });
        try
        {
            return SideBySide.Time(
                () => Repeat(() =>
                {
                    using var mapping = ShmMapping.Mount(segment);
                    _ = mapping.Reader.ReadByte(0);
                }),
                () => Repeat(() =>
                {
                    var address = Libc.shmat((int)segment.Id!.Value, 0, 0);
                    _ = *(byte*)address;
                    _ = Libc.shmdt(address);
                }));
        }
        finally
        {
            ShmSegments.Remove(segment);
        }
    }

    private static Ratio Posix()
    {
        var name = $"/pssharedmemory-bench-{Environment.ProcessId}";
        var segment = PosixSegments.Create(name, new ShmCreateOptions { Size = Size });
        var bytes = Encoding.ASCII.GetBytes("/dev/shm" + name + '\0');
        try
        {
            return SideBySide.Time(
                () => Repeat(() => ShmMapping.Mount(segment).Dispose()),
                () => Repeat(() =>
                {
                    fixed (byte* pointer = bytes)
                    {
                        var descriptor = Libc.openat(Libc.AT_FDCWD, pointer, Libc.O_RDWR | Libc.O_NOFOLLOW);
                        var address = Libc.mmap(
                            0, Size, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, descriptor, 0);
                        _ = Libc.close(descriptor);
                        _ = Libc.munmap(address, Size);
                    }
                }));
        }
        finally
        {
            ShmSegments.Remove(segment);
        }
    }

    private static void Repeat(Action action)
    {
        for (var i = 0; i < Times; i++)
        {
            action();
        }
    }
}
