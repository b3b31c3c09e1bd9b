using System;

namespace PSSharedMemory;

/// <summary>
/// How much memory one area takes: the detail lines of /proc/PID/smaps that this library shows, in bytes.
/// </summary>
internal struct SmapsUsage
{
    /// <summary>Bytes in RAM.</summary>
    public long Rss;

    /// <summary>Bytes in RAM, each page divided by the number of processes that map it.</summary>
    public long Pss;

    /// <summary>Bytes of the area that are in swap.</summary>
    public long Swap;

    /// <summary>Bytes that are locked in RAM.</summary>
    public long Locked;

    /// <summary>Bytes of one page as the kernel maps it; 0 where it does not say.</summary>
    public long PageSize;

    /// <summary>Bytes of huge pages from the pool, which Rss leaves out.</summary>
    public long Huge;

    /// <summary>
    /// Takes the next area with its details off the text of a smaps file. False at the end.
    /// </summary>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> text, out MapsLine area, out SmapsUsage usage)
    {
        usage = default;
        if (!MapsLine.TryRead(ref text, out area))
        {
            return false;
        }

        // A detail line begins with a capital letter, a head line with a digit or a small letter.
        while (text is [>= (byte)'A' and <= (byte)'Z', ..] && ProcText.TryReadLine(ref text, out var line))
        {
            usage.Take(line);
        }

        return true;
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        // By the first letter before the whole name: an area has some thirty lines, and a scan reads millions.
        switch (line[0])
        {
            case (byte)'K' when TryRead(line, "KernelPageSize"u8, out var bytes):
                PageSize = bytes;
                break;
            case (byte)'L' when TryRead(line, "Locked"u8, out var bytes):
                Locked = bytes;
                break;
            case (byte)'P' when TryRead(line, "Pss"u8, out var bytes):
                Pss = bytes;
                break;
            case (byte)'P' when TryRead(line, "Private_Hugetlb"u8, out var bytes):
                Huge += bytes;
                break;
            case (byte)'R' when TryRead(line, "Rss"u8, out var bytes):
                Rss = bytes;
                break;
            case (byte)'S' when TryRead(line, "Shared_Hugetlb"u8, out var bytes):
                Huge += bytes;
                break;
            case (byte)'S' when TryRead(line, "Swap"u8, out var bytes):
                Swap = bytes;
                break;
            default:
                break;
        }
    }

    // No address space is larger: what is beyond is not the kernel's, and sums of it stay positive.
    private static bool TryRead(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out long bytes)
    {
        var isRead = ProcText.TryReadValue(line, name, out var value);
        bytes = (long)Math.Min(value, 1UL << 60);
        return isRead;
    }
}
