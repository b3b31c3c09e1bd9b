using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>The resized segment and what became of this process' mappings of it.</summary>
/// <param name="Segment">The segment at its new size.</param>
/// <param name="Followed">The mappings that now have the new size.</param>
/// <param name="Left">The mappings that don't, each with the reason.</param>
public sealed record ShmResizeResult(
    ShmSegment Segment, IReadOnlyList<ShmMapping> Followed, IReadOnlyDictionary<ShmMapping, string> Left);
