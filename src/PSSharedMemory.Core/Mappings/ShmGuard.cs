using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>What is told of the guard.</summary>
public static class ShmGuard
{
    /// <summary>What stands between the memory of a mapping and the end of the process, in words.</summary>
    public static string Describe(ShmMapping mapping) => !mapping.IsGuarded ? "nobody can take its pages away"
        : FaultGuard.IsActive ? "guarded"
        : $"copied by the kernel, without the guard: {FaultGuard.WhyNot}";

    /// <summary>The signal for which somebody has put a handler before the guard's; told once, else null.</summary>
    public static string? FindHandlerBefore() => FaultGuard.FindHandlerBefore();
}
