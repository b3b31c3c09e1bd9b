using System;

namespace PSSharedMemory;

/// <summary>What kind of thing was left behind.</summary>
public enum ShmLeakKind : long
{
    /// <summary>A segment that exists and did not before.</summary>
    Segment,

    /// <summary>A shared area in an address space.</summary>
    Mapping,

    /// <summary>An open descriptor of shared memory.</summary>
    Descriptor,
}

/// <summary>Who left it behind.</summary>
public enum ShmLeakOrigin : long
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
    public ShmLeakKind Kind { get; internal init; }

    /// <summary>Who left it.</summary>
    public ShmLeakOrigin Origin { get; internal init; }

    /// <summary>
    /// The segment, or the one behind the mapping or descriptor; null for shared memory without a name.
    /// </summary>
    public ShmSegment? Segment { get; internal init; }

    /// <summary>What a message calls it.</summary>
    public string Label { get; internal init; } = "";

    /// <summary>The process that holds or made it; null where that is not known.</summary>
    public int? ProcessId { get; internal init; }

    /// <summary>The address of a mapping.</summary>
    public long? Address { get; internal init; }

    /// <summary>The address as text: "0x7f0012340000".</summary>
    public string? HexAddress => Address is { } address ? FormattableString.Invariant($"0x{address:x}") : null;

    /// <summary>The number of a descriptor.</summary>
    public int? Descriptor { get; internal init; }

    /// <summary>Bytes of the segment or mapping.</summary>
    public long? Length { get; internal init; }

    /// <summary>"Segment /name (ThisProcess)".</summary>
    public override string ToString() => FormattableString.Invariant($"{Kind} {PrintableText.Of(Label)} ({Origin})");
}
