namespace PSSharedMemory.Commands;

/// <summary>
/// A place in a segment that a cmdlet found. Piped to another that works on ranges, it says where: Search-ShmData |
/// Format-ShmHex.
/// </summary>
public class ShmDataRange
{
    /// <summary>One of another host or process.</summary>
    internal ShmDataRange() => Segment = new();

    /// <param name="mapping">Where it was found.</param>
    /// <param name="isMounted">Whether the mapping stays after the call that found it.</param>
    internal ShmDataRange(ShmMapping mapping, bool isMounted)
    {
        Segment = mapping.Segment;
        Mapping = isMounted ? mapping : null;
    }

    /// <summary>Bytes from the start of the mapping, or of the segment where that was named.</summary>
    public long Offset { get; internal init; }

    /// <summary>Bytes.</summary>
    public long Length { get; internal init; }

    /// <summary>The segment.</summary>
    public ShmSegment Segment { get; internal init; }

    /// <summary>The user's mapping; null where the segment was mounted for the call.</summary>
    internal ShmMapping? Mapping { get; }
}
