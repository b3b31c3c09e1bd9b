using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The page size of mapped memory: it decides alignment, and whether the huge page pool can run out.
/// </summary>
internal static class HugePageProbe
{
    /// <summary>For a System V attachment, which no call reports.</summary>
    public static long PageSizeOf(nint address)
    {
        // A huge page is aligned to its size and refuses advice on swapping, which is harmless for pages untouched
        // here. Only if both hold is smaps read, which takes milliseconds.
        const long SmallestHugePage = 64 * 1024;
        return address % SmallestHugePage == 0
            && Libc.madvise(address, (nuint)Environment.SystemPageSize, (int)ShmAdvice.Cold) < 0
            ? OwnAreas.PageSizeAt(address) ?? Environment.SystemPageSize
            : Environment.SystemPageSize;
    }

    /// <summary>Of a memfd.</summary>
    public static long PageSizeOf(DescriptorHandle descriptor) =>
        Math.Max(SegmentDescription.HugePageSize(descriptor), Environment.SystemPageSize);
}
