using System;

namespace PSSharedMemory;

/// <summary>What kind of thing was left behind.</summary>
public enum ShmLeakKind
{
    /// <summary>A segment that exists and did not before.</summary>
    Segment,

    /// <summary>A shared area in an address space.</summary>
    Mapping,

    /// <summary>An open descriptor of shared memory.</summary>
    Descriptor,
}

/// <summary>Who left it behind.</summary>
public enum ShmLeakOrigin
{
    /// <summary>This process made or holds it.</summary>
    ThisProcess,

    /// <summary>A process that was started meanwhile, directly or by one that was.</summary>
    ChildProcess,

    /// <summary>
    /// It came up meanwhile under the same user, and who made it cannot be told: the kernel keeps no creator of a
    /// POSIX object, and a System V segment's may have ended.
    /// </summary>
    Unknown,
}

/// <summary>Something that was left behind.</summary>
public sealed class ShmLeak
{
    /// <summary>What it is.</summary>
    public ShmLeakKind Kind { get; init; }

    /// <summary>Who left it.</summary>
    public ShmLeakOrigin Origin { get; init; }

    /// <summary>The segment, or the one behind the mapping or descriptor; null for shared memory without a name.</summary>
    public ShmSegment? Segment { get; init; }

    /// <summary>What a message calls it.</summary>
    public string Label { get; init; } = "";

    /// <summary>The process that holds or made it; null where that is not known.</summary>
    public int? ProcessId { get; init; }

    /// <summary>The address of a mapping.</summary>
    public long? Address { get; init; }

    /// <summary>The number of a descriptor.</summary>
    public int? Descriptor { get; init; }

    /// <summary>Bytes of the segment or mapping.</summary>
    public long? Length { get; init; }

    /// <summary>"Segment /name (ThisProcess)".</summary>
    public override string ToString() => FormattableString.Invariant($"{Kind} {PrintableText.Of(Label)} ({Origin})");
}
