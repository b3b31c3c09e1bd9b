using System;

namespace PSSharedMemory;

/// <summary>Whether this library's calls exist here: 64-bit Linux.</summary>
public static class ShmPlatform
{
    /// <summary>Where it is false, every call ends in <see cref="NotSupported"/> or worse.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>The exception to throw where it isn't supported: PlatformNotSupported.</summary>
    public static ShmException NotSupported() => new(
        ShmErrorId.PlatformNotSupported,
        "PSSharedMemory works only on 64-bit Linux: it uses that system's System V and POSIX shared memory.");
}
