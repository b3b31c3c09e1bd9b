using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Which pages of a mapping are in memory: mincore(2), which touches none of them.</summary>
internal static unsafe class PageResidency
{
    // Pages asked about at once.
    private const int PagesAtOnce = 65536;

    private static readonly long Page = Environment.SystemPageSize;

    /// <summary>The runs of pages in memory, in bytes from the start of the mapping.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="ranges">
    /// Where to look: in order, in bytes, without holes of the mapping; each page of which a part is given. The kernel
    /// takes as long for a page that was never touched as for any other, so it pays to leave these out.
    /// </param>
    /// <returns>
    /// Null if the kernel doesn't tell: mincore only answers those who may write and tells others "all".
    /// </returns>
    public static List<(long Offset, long Length)>? Runs(
        ShmMapping mapping, IEnumerable<(long Offset, long Length)> ranges)
    {
        if (!MayAsk(mapping))
        {
            return null;
        }

        var runs = new List<(long Offset, long Length)>();
        byte[] states = [];
        foreach (var (offset, length) in ranges)
        {
            var start = offset / Page * Page;
            var end = Alignment.RoundUp(offset + length, Page);
            var pages = (int)Math.Min(PagesAtOnce, (end - start) / Page);
            states = states.Length < pages ? new byte[pages] : states;
            if (!TryAdd(runs, mapping, start, end, states))
            {
                return null;
            }
        }

        return runs;
    }

    private static bool TryAdd(
        List<(long Offset, long Length)> runs, ShmMapping mapping, long start, long end, byte[] states)
    {
        for (; start < end; start += PagesAtOnce * Page)
        {
            var part = Math.Min(PagesAtOnce * Page, end - start);
            // The mapping may end within its last page.
            using (var lease = mapping.Lease(start, Math.Min(part, mapping.Length - start), ShmProtection.None))
            {
                fixed (byte* pointer = states)
                {
                    if (Libc.mincore(lease.Address, (nuint)part, pointer) < 0)
                    {
                        return false;
                    }
                }
            }

            for (long at = 0; at < part; at += Page)
            {
                if ((states[at / Page] & 1) != 0)
                {
                    Append(runs, start + at, Math.Min(Page, part - at));
                }
            }
        }

        return true;
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
