using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>What is told of the guard.</summary>
public static class ShmGuard
{
    /// <summary>How a mapping is protected against memory that vanishes, in words.</summary>
    public static string Describe(ShmMapping mapping) => !mapping.IsGuarded ? "nobody can take its pages away"
        : FaultGuard.IsActive ? "guarded"
        : $"copied by the kernel, without the guard: {FaultGuard.WhyNot}";

    /// <summary>
    /// The signal for which other code has installed a handler before the guard's; reported once, otherwise null.
    /// </summary>
    public static string? FindHandlerBefore() => FaultGuard.FindHandlerBefore();
}
