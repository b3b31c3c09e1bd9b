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

    /// <summary>The runs of pages in a range that are in memory, in bytes from the start of the mapping.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">The start of a page.</param>
    /// <param name="length">Bytes; no hole is among them.</param>
    /// <param name="data">
    /// The parts of the mapping that have memory or swap, in order: only these are asked about, since the kernel takes
    /// as long for a page that was never touched as for any other. Null if that isn't known: all are.
    /// </param>
    /// <returns>
    /// Null if the kernel doesn't tell: mincore only answers those who may write and tells others "all".
    /// </returns>
    public static List<(long Offset, long Length)>? Runs(
        ShmMapping mapping, long offset, long length, IReadOnlyList<ShmRun>? data = null)
    {
        if (!MayAsk(mapping))
        {
            return null;
        }

        var runs = new List<(long Offset, long Length)>();
        var states = new byte[(int)Math.Min(PagesAtOnce, Alignment.RoundUp(length, Page) / Page)];
        foreach (var run in data ?? [new ShmRun(offset, length)])
        {
            var start = Math.Max(offset, run.Offset / Page * Page);
            var end = Math.Min(offset + length, Alignment.RoundUp(run.Offset + run.Length, Page));
            if (start < end && !TryAdd(runs, mapping, start, end, states))
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
