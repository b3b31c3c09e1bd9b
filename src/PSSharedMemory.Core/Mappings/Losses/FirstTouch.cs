using System;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The check before pages get memory. The first access to a page of a sparse object or a System V segment allocates it,
/// and if the control group or the host has none left, the kernel kills instead of refusing.
/// </summary>
internal static unsafe class FirstTouch
{
    // Small accesses are checked in their sum: each can take a page or two.
    private const int Small = 4096;
    private const int SmallOnes = 128;
    private const long SmallSum = SmallOnes * 2L * 4096;

    private const int PagesAtOnce = 8192;

    [ThreadStatic]
    private static int t_smallOnes;

    /// <summary>
    /// Checks that there's memory for a range that is about to be touched. Takes nanoseconds while plenty is left.
    /// </summary>
    /// <param name="mapping">The mapping, which is leased.</param>
    /// <param name="address">Where the range begins.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ShmException">NoSpace: nothing was touched.</exception>
    public static void Require(ShmMapping mapping, nint address, long length)
    {
        var sum = length;
        if (length < Small)
        {
            if (++t_smallOnes % SmallOnes != 0)
            {
                return;
            }

            sum = SmallSum;
        }

        if (!FreeRoom.TryTake(sum))
        {
            Look(mapping.Segment, address, length, length < Small ? SmallSum : 0, mapping.IsCopyOnWrite);
        }
    }

    /// <summary>The same for pages that are populated.</summary>
    public static void Require(ShmSegment segment, nint address, long length) =>
        Look(segment, address, length, 0, isPrivate: false);

    private static void Look(ShmSegment segment, nint address, long length, long atLeast, bool isPrivate)
    {
        // Huge pages come from their own pool.
        if (segment.Status.HasFlag(ShmSegmentStatus.HugePages))
        {
            return;
        }

        var missing = isPrivate ? length : Missing(address, length);
        FreeRoom.RequireMemory(
            missing == 0 ? 0 : Math.Max(missing, atLeast), "page fault",
            $"give {missing} bytes of {segment} their memory", segment);
    }

    /// <summary>Bytes of pages that aren't in memory; all if the kernel doesn't tell (mincore(2)).</summary>
    private static long Missing(nint address, long length)
    {
        var page = Environment.SystemPageSize;
        var start = address / page * page;
        var end = address + (nint)length;
        Span<byte> states = stackalloc byte[PagesAtOnce];
        long missing = 0;
        fixed (byte* pointer = states)
        {
            for (var at = start; at < end; at += (nint)PagesAtOnce * page)
            {
                var part = Math.Min((long)PagesAtOnce * page, end - at);
                if (Libc.mincore(at, (nuint)part, pointer) < 0)
                {
                    return length;
                }

                for (var i = 0; i < (part + page - 1) / page; i++)
                {
                    missing += (states[i] & 1) == 0 ? page : 0;
                }
            }
        }

        return missing;
    }
}
