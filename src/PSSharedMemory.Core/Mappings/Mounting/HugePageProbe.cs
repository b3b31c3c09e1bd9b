using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The page size of mapped memory: it decides alignment, and whether the huge page pool can run out.
/// </summary>
internal static class HugePageProbe
{
    // The smallest of any architecture.
    private const long LeastEver = 64 * 1024;

    // The sizes are the processor's, fixed when the kernel starts.
    private static readonly long Smallest = FindSmallest();

    /// <summary>
    /// Whether the kernel moves them (mremap(2), Linux 5.16). One that doesn't may refuse only after it has unmapped
    /// the new place: so it isn't tried.
    /// </summary>
    public static bool CanMove { get; } = Environment.OSVersion.Version >= new Version(5, 16);

    /// <summary>For a System V attachment, which no call reports.</summary>
    public static long PageSizeOf(nint address) =>
        // A huge page is aligned to its size and refuses advice on swapping, which is harmless for pages untouched
        // here. Only if both hold is smaps read, which takes milliseconds.
        address % Smallest == 0 && Libc.madvise(address, (nuint)Environment.SystemPageSize, (int)ShmAdvice.Cold) < 0
            ? OwnAreas.PageSizeAt(address) ?? Environment.SystemPageSize
            : Environment.SystemPageSize;

    /// <summary>Of a memfd.</summary>
    public static long PageSizeOf(DescriptorHandle descriptor) =>
        Math.Max(SegmentDescription.HugePageSize(descriptor), Environment.SystemPageSize);

    private static long FindSmallest()
    {
        var smallest = long.MaxValue;
        foreach (var size in HugePageSizes.Of(new HostFiles()))
        {
            smallest = Math.Min(smallest, size);
        }

        // Where /sys isn't there to tell, as in some sandboxes.
        return smallest == long.MaxValue ? LeastEver : smallest;
    }
}
