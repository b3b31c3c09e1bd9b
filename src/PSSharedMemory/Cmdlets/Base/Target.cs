namespace PSSharedMemory.Commands;

/// <summary>What a cmdlet is to work on: a segment, a mapping of it, or a range within one.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Mapping">A live mapping that the user has; null where a cmdlet mounts the segment for the call.</param>
/// <param name="Range">A range that another cmdlet found; null for all of it.</param>
internal readonly record struct Target(ShmSegment Segment, ShmMapping? Mapping = null, ShmDataRange? Range = null);
