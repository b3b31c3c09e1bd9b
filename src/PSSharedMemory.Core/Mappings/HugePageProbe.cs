using System;
using System.Globalization;
using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>The page size of mapped memory: what decides alignment, and whether the pool of huge pages can run out.</summary>
internal static class HugePageProbe
{
    private const string Pools = "/sys/kernel/mm/hugepages";

    /// <summary>Of a System V attachment, of which no call tells.</summary>
    public static long PageSizeOf(nint address)
    {
        // A huge page is aligned to its size, and no host has them without a pool: both tests are cheap, and
        // hardly ever pass by chance. Only then is smaps read, which takes milliseconds.
        const long SmallestHugePage = 64 * 1024;
        return address % SmallestHugePage == 0 && Directory.Exists(Pools) && HasHugePages()
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

    private static bool HasHugePages()
    {
        foreach (var pool in Directory.EnumerateDirectories(Pools))
        {
            if (HasPages(pool + "/nr_hugepages") || HasPages(pool + "/nr_overcommit_hugepages"))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasPages(string path) => File.ReadAllText(path).AsSpan().Trim() is not "0";

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
