using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>What became of a segment and of this process' mappings of it.</summary>
/// <param name="Segment">The segment at its new size.</param>
/// <param name="Followed">The mappings that have the new size too.</param>
/// <param name="Left">The mappings that do not, each with the reason.</param>
public sealed record ShmResizeResult(
    ShmSegment Segment, IReadOnlyList<ShmMapping> Followed, IReadOnlyDictionary<ShmMapping, string> Left);
