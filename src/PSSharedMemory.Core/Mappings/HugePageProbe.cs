using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The page size of mapped memory: what decides alignment, and whether the pool of huge pages can run out.
/// </summary>
internal static class HugePageProbe
{
    /// <summary>Of a System V attachment, of which no call tells.</summary>
    public static long PageSizeOf(nint address)
    {
        // A huge page is aligned to its size; and it takes no advice on swapping, which is as good as none to a page
        // that nobody has touched here yet. Only then is smaps read, which takes milliseconds.
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
