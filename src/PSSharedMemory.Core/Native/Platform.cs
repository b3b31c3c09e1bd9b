using System;

namespace PSSharedMemory.Native;

/// <summary>Whether this library's calls exist here: 64-bit Linux.</summary>
internal static class Platform
{
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    public static ShmException NotSupported() => new(
        ShmErrorId.PlatformNotSupported,
        "PSSharedMemory works on 64-bit Linux: this platform has no System V or POSIX shared memory as Linux has it.");
}
