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

        while (!text.IsEmpty)
        {
            // A detail line begins with a capital letter, a head line with a digit or a small letter.
            if (text[0] is < (byte)'A' or > (byte)'Z')
            {
                break;
            }

            if (!ProcText.TryReadLine(ref text, out var line))
            {
                break;
            }

            switch (line[0])
            {
                case (byte)'R' when ProcText.TryReadValue(line, "Rss"u8, out var rss):
                    usage.Rss = (long)rss;
                    break;
                case (byte)'K' when ProcText.TryReadValue(line, "KernelPageSize"u8, out var page):
                    usage.PageSize = (long)page;
                    break;
                case (byte)'P' when ProcText.TryReadValue(line, "Pss"u8, out var pss):
                    usage.Pss = (long)pss;
                    break;
                case (byte)'L' when ProcText.TryReadValue(line, "Locked"u8, out var locked):
                    usage.Locked = (long)locked;
                    break;
                case (byte)'S' when ProcText.TryReadValue(line, "Swap"u8, out var swap):
                    usage.Swap = (long)swap;
                    break;
                case (byte)'S' when ProcText.TryReadValue(line, "Shared_Hugetlb"u8, out var shared):
                    usage.Huge += (long)shared;
                    break;
                case (byte)'P' when ProcText.TryReadValue(line, "Private_Hugetlb"u8, out var own):
                    usage.Huge += (long)own;
                    break;
                default:
                    break;
            }
        }

        return true;
    }
}
