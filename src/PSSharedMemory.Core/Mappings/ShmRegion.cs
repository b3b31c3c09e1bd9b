namespace PSSharedMemory;

/// <summary>Whether the pages of a region are there.</summary>
public enum ShmRegionState
{
    /// <summary>Mapped.</summary>
    Mapped,

    /// <summary>Unmapped; its addresses stay reserved until the whole mapping goes.</summary>
    Hole,
}

/// <summary>A run of pages of one mapping that share their state and protection.</summary>
/// <param name="Offset">Bytes from the start of the mapping.</param>
/// <param name="Length">Bytes.</param>
/// <param name="State">Mapped, or a hole.</param>
/// <param name="Protection">What the pages allow; None for a hole.</param>
public sealed record ShmRegion(long Offset, long Length, ShmRegionState State, ShmProtection Protection)
{
    /// <summary>Whether both differ in place only.</summary>
    internal bool IsLike(ShmRegion other) => State == other.State && Protection == other.Protection;
}
