using System;
using System.Collections.Generic;
using System.Globalization;

namespace PSSharedMemory;

/// <summary>The sizes of huge pages that this host has pools for: they are fixed when the kernel starts.</summary>
internal static class HugePageSizes
{
    /// <summary>In bytes; none where /sys doesn't tell.</summary>
    public static IEnumerable<long> Of(HostFiles files)
    {
        // hugepages-2048kB
        foreach (var name in files.List("/sys/kernel/mm/hugepages"))
        {
            var size = name.AsSpan(name.LastIndexOf('-') + 1);
            if (size.EndsWith("kB") && long.TryParse(
                size[..^2], NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes))
            {
                yield return kilobytes * 1024;
            }
        }
    }
}
