namespace PSSharedMemory;

/// <summary>A range of shared memory, and where it lies in each of several processes.</summary>
public sealed class ShmSharedRange
{
    /// <summary>The segment; null for shared memory without a name, and for what another namespace has.</summary>
    public ShmSegment? Segment { get; init; }

    /// <summary>What a message calls it.</summary>
    public string Name { get; init; } = "";

    /// <summary>Bytes from the start of the segment.</summary>
    public long Offset { get; init; }

    /// <summary>Bytes.</summary>
    public long Length { get; init; }

    /// <summary>One for each process, in the order they were asked for; each without an address where the range is not mapped.</summary>
    public ShmPlace[] Places { get; init; } = [];

    /// <summary>"/name +0x1000".</summary>
    public override string ToString() => System.FormattableString.Invariant($"{PrintableText.Of(Name)} +0x{Offset:x}");
}

/// <summary>Where a range lies in one process.</summary>
public sealed class ShmPlace
{
    /// <summary>The process.</summary>
    public int ProcessId { get; init; }

    /// <summary>Address of the range's first byte; null where it is not mapped there.</summary>
    public ulong? Address { get; init; }

    /// <summary>What it allows there.</summary>
    public ShmProtection Protection { get; init; }

    /// <summary>Whether writes are seen by the others (MAP_SHARED).</summary>
    public bool IsShared { get; init; }
}
