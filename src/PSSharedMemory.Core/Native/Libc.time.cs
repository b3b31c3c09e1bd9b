using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>time.h: the clocks.</summary>
internal static unsafe partial class Libc
{
    /// <summary>Since the boot, including the time that the host slept.</summary>
    public const int CLOCK_BOOTTIME = 7;

    public static int clock_gettime(int clockid, out timespec tp)
    {
        fixed (timespec* pointer = &tp)
        {
            return Fold(clock_gettime_(clockid, pointer));
        }
    }

    [LibraryImport(Library, EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int clock_gettime_(int clockid, timespec* tp);
}
