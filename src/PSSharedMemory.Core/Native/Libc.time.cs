using System;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>time.h: the clocks.</summary>
internal static unsafe partial class Libc
{
    /// <summary>Since the boot, including the time that the host slept.</summary>
    public const int CLOCK_BOOTTIME = 7;

    [StructLayout(LayoutKind.Sequential)]
    public struct timespec
    {
        public long tv_sec;
        public long tv_nsec;

        public static timespec From(TimeSpan time) => new()
        {
            tv_sec = time.Ticks / TimeSpan.TicksPerSecond,
            tv_nsec = time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
        };

        /// <summary>A time of CLOCK_MONOTONIC as <see cref="Stopwatch"/> counts it.</summary>
        public static timespec FromTimestamp(long timestamp) => new()
        {
            tv_sec = timestamp / Stopwatch.Frequency,
            tv_nsec = timestamp % Stopwatch.Frequency
                * (1_000_000_000 / Stopwatch.Frequency),
        };
    }

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
