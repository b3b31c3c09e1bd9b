using System.Linq;

namespace PSSharedMemory.Commands;

/// <content>Segments and mappings.</content>
public static partial class ShmDisplay
{
    /// <summary>
    /// "id 3 0x00001234 [RemovalPending]": the label, the key where it has one, and what is special about it.
    /// </summary>
    public static string LabelAndStatus(ShmSegment segment) => string.Join(' ', ((string[])
    [
        segment.Label, Key(segment.Key), segment.Status == ShmSegmentStatus.None ? "" : $"[{segment.Status}]",
    ]).Where(static part => part.Length > 0));

    /// <summary>The label, with what is special about the segment behind it.</summary>
    public static string NameAndStatus(ShmSegment segment) =>
        segment.Status == ShmSegmentStatus.None ? segment.Label : $"{segment.Label} [{segment.Status}]";

    /// <summary>The segment of a mapping, and whether it still has its name.</summary>
    public static string Segment(ShmMapping mapping) =>
        IsRemoved(mapping) ? mapping.Segment.Label + " [removed]" : mapping.Segment.Label;

    private static bool IsRemoved(ShmMapping mapping)
    {
        if (!mapping.IsMounted || mapping.Segment.Kind is not (ShmKind.Posix or ShmKind.SysV))
        {
            return false;
        }

        try
        {
            return (ShmSegments.Refresh(mapping.Segment).Status & ShmSegmentStatus.RemovalPending) != 0;
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.IdentityChanged)
        {
            return true;
        }
        catch (ShmException)
        {
            // What may not be looked at is not said to be gone.
            return false;
        }
    }

    /// <summary>What the pages of a mapping allow now: "r--", or "mixed" where they differ.</summary>
    public static string Protection(ShmMapping mapping) =>
        mapping.Regions is [var only] ? Protection(only.Protection) : "mixed";
}
