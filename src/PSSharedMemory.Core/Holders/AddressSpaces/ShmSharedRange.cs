using System;

namespace PSSharedMemory;

/// <summary>A range of shared memory, and where it lies in each of several processes.</summary>
public sealed class ShmSharedRange
{
    /// <summary>The segment; null for shared memory without a name, and for what another namespace has.</summary>
    public ShmSegment? Segment { get; internal init; }

    /// <summary>What a message calls it.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>Bytes from the start of the segment.</summary>
    public long Offset { get; internal init; }

    /// <summary>Bytes.</summary>
    public long Length { get; internal init; }

    /// <summary>
    /// One for each process, in the order they were asked for; each without an address where the range is not mapped.
    /// </summary>
    public ShmPlace[] Places { get; internal init; } = [];

    /// <summary>"/name +0x1000".</summary>
    public override string ToString() => FormattableString.Invariant($"{PrintableText.Of(Name)} +0x{Offset:x}");
}

/// <summary>Where a range lies in one process.</summary>
public sealed class ShmPlace
{
    /// <summary>The process.</summary>
    public int ProcessId { get; internal init; }

    /// <summary>Address of the range's first byte; null where it is not mapped there.</summary>
    public ulong? Address { get; internal init; }

    /// <summary>The address as text: "0x7f0012340000".</summary>
    public string? HexAddress => Address is { } address ? FormattableString.Invariant($"0x{address:x}") : null;

    /// <summary>What it allows there.</summary>
    public ShmProtection Protection { get; internal init; }

    /// <summary>Whether writes are seen by the others (MAP_SHARED).</summary>
    public bool IsShared { get; internal init; }
}
