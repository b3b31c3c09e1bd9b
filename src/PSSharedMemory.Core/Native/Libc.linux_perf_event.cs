using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>linux/perf_event.h: records of what the kernel does (perf_event_open(2)).</summary>
internal static unsafe partial class Libc
{
    public const uint PERF_TYPE_SOFTWARE = 1;
    public const uint PERF_TYPE_TRACEPOINT = 2;
    public const ulong PERF_COUNT_SW_DUMMY = 9;

    public const ulong PERF_SAMPLE_TID = 2;
    public const ulong PERF_SAMPLE_TIME = 4;
    public const ulong PERF_SAMPLE_RAW = 0x400;

    /// <summary>read(2) of an event gives its count and how many of its records are lost. Linux 6.0.</summary>
    public const ulong PERF_FORMAT_LOST = 16;

    public const uint PERF_RECORD_LOST = 2;
    public const uint PERF_RECORD_COMM = 3;
    public const uint PERF_RECORD_EXIT = 4;
    public const uint PERF_RECORD_FORK = 7;
    public const uint PERF_RECORD_SAMPLE = 9;
    public const uint PERF_RECORD_NAMESPACES = 16;

    private const nuint PERF_FLAG_FD_CLOEXEC = 8;
    private const nuint PERF_EVENT_IOC_SET_OUTPUT = 0x2405;
    private const nuint PERF_EVENT_IOC_SET_FILTER = 0x4008_2406;

    /// <summary>An event of all processes on one processor, close-on-exec; an invalid handle says why not.</summary>
    public static DescriptorHandle perf_event_open(void* attr, int cpu) => new(
        (int)Fold(perf_syscall(PerfCalls.Open, (nint)attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));

    /// <summary>Lets an event write to the ring of another on the same processor.</summary>
    public static int PerfSetOutput(DescriptorHandle fd, DescriptorHandle ring) =>
        Fold(perf_ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, ring.Number));

    /// <summary>Which of its hits count: an expression over the tracepoint's fields, NUL-terminated.</summary>
    public static int PerfSetFilter(DescriptorHandle fd, byte* filter) =>
        Fold(perf_ioctl(fd, PERF_EVENT_IOC_SET_FILTER, (nint)filter));

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long perf_syscall(nint number, nint attr, nint pid, nint cpu, nint group, nuint flags);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static partial int perf_ioctl(DescriptorHandle fd, nuint request, nint argument);

    // asm/unistd_64.h and asm-generic/unistd.h.
    private static class PerfCalls
    {
        public static nint Open { get; } =
            RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 241 : 298;
    }
}
