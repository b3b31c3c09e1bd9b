using System;
using System.Globalization;
using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>The page size of mapped memory: what decides alignment, and whether the pool of huge pages can run out.</summary>
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
            ? PageSizeFromSmaps(address)
            : Environment.SystemPageSize;
    }

    /// <summary>Of a memfd: hugetlbfs says it as the block size.</summary>
    public static long PageSizeOf(DescriptorHandle descriptor)
    {
        var result = Libc.statx(descriptor.Number, Libc.STATX_BASIC_STATS, out var data);
        return result < 0
            ? throw NativeError.From(nameof(Libc.statx), -result, "look at the page size of a memfd")
            : Math.Max(data.stx_blksize, Environment.SystemPageSize);
    }

    /// <summary>KernelPageSize of the area that begins at the address (proc_pid_smaps(5)).</summary>
    private static long PageSizeFromSmaps(nint address)
    {
        const string Field = "KernelPageSize:";
        var start = string.Create(CultureInfo.InvariantCulture, $"{address:x}-");
        var isWithin = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                isWithin = true;
            }
            else if (isWithin && line.StartsWith(Field, StringComparison.Ordinal))
            {
                return long.Parse(line.AsSpan(Field.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
            }
        }

        return Environment.SystemPageSize;
    }
}
