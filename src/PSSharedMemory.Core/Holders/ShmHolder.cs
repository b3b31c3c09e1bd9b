using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>A process that holds shared memory, with all that it holds.</summary>
public sealed class ShmHolder
{
    internal ShmHolder(IReadOnlyList<ShmAttachment> attachments) => Attachments = [.. attachments];

    /// <summary>The process.</summary>
    public int ProcessId => Attachments[0].ProcessId;

    /// <summary>Its name, at most 15 bytes of it.</summary>
    public string Command => Attachments[0].Command;

    /// <summary>The user that it runs as; the number as text where the host knows no name.</summary>
    public string User => Attachments[0].User;

    /// <summary>The user's id.</summary>
    public uint UserId => Attachments[0].UserId;

    /// <summary>What it holds, each once: mapped, or open without a mapping.</summary>
    public ShmSegment[] Segments =>
        [.. Attachments.Select(static found => found.Segment).OfType<ShmSegment>().DistinctBy(SegmentKey.Of)];

    /// <summary>How many objects it holds, also those without a segment that can be named here.</summary>
    public int SegmentCount => Objects().Count();

    /// <summary>Bytes of its address space, all areas together: an object that is mapped twice counts twice.</summary>
    public long MappedBytes => Attachments.Sum(static found => found.Address is null ? 0 : found.Length ?? 0);

    /// <summary>
    /// Bytes of the objects that it keeps alive, each once: those that are backed by memory, where that is known; null
    /// where the size of one cannot be told.
    /// </summary>
    public long? HeldBytes => SumOrNull(Objects().Select(static areas =>
        areas.Select(static found => found.Segment).FirstOrDefault(static segment => segment is not null) is { } segment
            ? segment.Allocated ?? segment.Size
            : areas.Max(static found => found.Offset + found.Length)));

    /// <summary>Bytes of its areas in RAM; null where that may not be read.</summary>
    public long? Rss => SumOrNull(Mapped.Select(static found => found.Rss));

    /// <summary>
    /// Bytes in RAM, each page divided by the number of processes that map it; null where that may not be read.
    /// </summary>
    public long? Pss => SumOrNull(Mapped.Select(static found => found.Pss));

    /// <summary>Bytes of its areas in swap; null where that may not be read.</summary>
    public long? Swap => SumOrNull(Mapped.Select(static found => found.Swap));

    /// <summary>The areas and descriptors that were found.</summary>
    public ShmAttachment[] Attachments { get; }

    /// <summary>"postgres(812)".</summary>
    public override string ToString() => FormattableString.Invariant($"{PrintableText.Of(Command)}({ProcessId})");

    /// <summary>
    /// The label of each object that it holds, first of those that have a name or an id; several may have the same.
    /// </summary>
    public string[] GetLabels() =>
    [
        .. Objects().Select(static areas => areas.First()).OrderBy(static found => found.Kind)
            .Select(static found => found.Segment?.Label ?? PrintableText.Of(found.Label)),
    ];

    /// <summary>Attachments by process, in their order.</summary>
    public static IEnumerable<ShmHolder> Of(IEnumerable<ShmAttachment> attachments) =>
        attachments.GroupBy(static found => found.ProcessId).Select(static found => new ShmHolder([.. found]));

    private IEnumerable<ShmAttachment> Mapped => Attachments.Where(static found => found.Address is not null);

    private IEnumerable<IGrouping<object, ShmAttachment>> Objects() => Attachments.GroupBy(static found =>
        found.Segment is { } segment
            ? SegmentKey.Of(segment)
            : (object)(found.Namespace, found.Label, found.Kind == ShmAreaKind.Anonymous ? found.Address : null));

    private static long? SumOrNull(IEnumerable<long?> numbers)
    {
        var sum = 0L;
        foreach (var number in numbers)
        {
            if (number is not { } known)
            {
                return null;
            }

            // Sparse objects may have more bytes together than 64 bits count.
            sum = known > long.MaxValue - sum ? long.MaxValue : sum + known;
        }

        return sum;
    }
}
