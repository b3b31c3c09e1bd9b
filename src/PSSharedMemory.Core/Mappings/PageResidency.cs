using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Which pages of a mapping are in memory: mincore(2), which touches none of them.</summary>
internal static unsafe class PageResidency
{
    // Pages asked about at once.
    private const int PagesAtOnce = 65536;

    /// <summary>The runs of pages in a range that are in memory, in bytes from the start of the mapping.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">The start of a page.</param>
    /// <param name="length">Bytes; no hole is among them.</param>
    /// <returns>
    /// Null if the kernel doesn't tell: mincore only answers those who may write and tells others "all".
    /// </returns>
    public static List<(long Offset, long Length)>? Runs(ShmMapping mapping, long offset, long length)
    {
        if (!MayAsk(mapping))
        {
            return null;
        }

        var page = Environment.SystemPageSize;
        var runs = new List<(long Offset, long Length)>();
        var states = new byte[(int)Math.Min(PagesAtOnce, (length + page - 1) / page)];
        var end = offset + length;
        for (var start = offset; start < end; start += (long)PagesAtOnce * page)
        {
            var part = Math.Min((long)PagesAtOnce * page, end - start);
            // The mapping may end within its last page.
            using (var lease = mapping.Lease(start, Math.Min(part, mapping.Length - start), ShmProtection.None))
            {
                fixed (byte* pointer = states)
                {
                    if (Libc.mincore(lease.Address, (nuint)part, pointer) < 0)
                    {
                        return null;
                    }
                }
            }

            for (long at = 0; at < part; at += page)
            {
                if ((states[at / page] & 1) != 0)
                {
                    Append(runs, start + at, Math.Min(page, part - at));
                }
            }
        }

        return runs;
    }

    private static bool MayAsk(ShmMapping mapping) =>
        Environment.IsPrivilegedProcess || mapping.Segment.UserId == Libc.geteuid()
            || mapping.Protection.HasFlag(ShmProtection.Write);

    private static void Append(List<(long Offset, long Length)> runs, long offset, long length)
    {
        if (runs.Count > 0 && runs[^1] is var last && last.Offset + last.Length == offset)
        {
            runs[^1] = (last.Offset, last.Length + length);
        }
        else
        {
            runs.Add((offset, length));
        }
    }
}
