using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>A segment with its holders and the verdict on its use.</summary>
public sealed class ShmStat : ShmSegment
{
    internal ShmStat(ShmSegment segment, IReadOnlyList<ShmAttachment> attachments, HolderFinding finding)
        : base(segment)
    {
        Attachments = [.. attachments];
        HolderCount = finding.HolderCount;
        Verdict = finding.Verdict;
        Evidence = [.. finding.Evidence];
    }

    /// <summary>A copy, some of which an initializer then changes.</summary>
    internal ShmStat(ShmStat other)
        : base(other)
    {
        Attachments = other.Attachments;
        HolderCount = other.HolderCount;
        Verdict = other.Verdict;
        Evidence = other.Evidence;
        IsCreatorAlive = other.IsCreatorAlive;
        IsOrphan = other.IsOrphan;
        JudgedTime = other.JudgedTime;
    }

    /// <summary>
    /// The mapped areas and descriptors that were found; not all of them where <see cref="HolderCount"/> is null.
    /// </summary>
    public ShmAttachment[] Attachments { get; }

    /// <summary>
    /// How many processes hold it; null where this cannot be known. A System V segment's is proved by the kernel's own
    /// count. For the others, processes that even root may not look into are left out, and <see cref="Evidence"/> says
    /// so.
    /// </summary>
    public int? HolderCount { get; }

    /// <summary>Whether it is in use.</summary>
    public ShmVerdict Verdict { get; }

    /// <summary>What the verdict rests on, in sentences.</summary>
    public string[] Evidence { get; internal init; }

    /// <summary>
    /// System V: whether its creator still runs; null where that cannot be known, and for POSIX, where the kernel keeps
    /// none.
    /// </summary>
    public bool? IsCreatorAlive { get; internal init; }

    /// <summary>
    /// Whether it was found abandoned, and so is removed only if it still is then; null where it wasn't judged.
    /// </summary>
    public bool? IsOrphan { get; internal init; }

    /// <summary>When <see cref="IsOrphan"/> was decided: no later than the first look; null where it wasn't.</summary>
    public DateTime? JudgedTime { get; internal init; }

    /// <summary>Bytes backed by memory in percent of the size, to one decimal; null if unknown.</summary>
    public double? AllocatedPercent =>
        Allocated is { } allocated && Size > 0 ? Math.Round(100.0 * allocated / Size, 1) : null;

    /// <summary>The ids of the processes that were found to hold it.</summary>
    public int[] HolderProcessIds => [.. Attachments.Select(static attachment => attachment.ProcessId).Distinct()];

    /// <summary>Who holds it, each process once: "postgres(812), pwsh(90)".</summary>
    public string Holders => string.Join(", ", Attachments
        .DistinctBy(static attachment => attachment.ProcessId)
        .OrderBy(static attachment => attachment.ProcessId)
        .Select(static attachment =>
            FormattableString.Invariant($"{PrintableText.Of(attachment.Command)}({attachment.ProcessId})")));
}
