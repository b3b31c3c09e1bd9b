using System.Globalization;

namespace PSSharedMemory;

/// <summary>Whether the pages of a region are there.</summary>
public enum ShmRegionState : long
{
    /// <summary>Mapped.</summary>
    Mapped,

    /// <summary>Unmapped; its addresses stay reserved until the whole mapping goes.</summary>
    Hole,

    /// <summary>
    /// Taken away: the object ends before it, or there was no memory for it. Nobody sees what was written there since.
    /// Once the object has the page again, the next access maps it.
    /// </summary>
    Lost,
}

/// <summary>A run of pages of one mapping that share their state and protection.</summary>
/// <param name="Offset">Bytes from the start of the mapping.</param>
/// <param name="Length">Bytes.</param>
/// <param name="State">Mapped, a hole, or lost.</param>
/// <param name="Protection">What the pages allow; None for a hole.</param>
public sealed record ShmRegion(long Offset, long Length, ShmRegionState State, ShmProtection Protection)
{
    /// <summary>Lasting advice (bits by madvise(2) values), which splits areas as protection does.</summary>
    internal int Advice { get; init; }

    /// <summary>A hole in its place.</summary>
    internal ShmRegion Unmapped() => this with
    {
        State = ShmRegionState.Hole,
        Protection = ShmProtection.None,
        Advice = 0,
    };

    /// <summary>The same, taken away; a hole has nothing to lose.</summary>
    internal ShmRegion WithLoss() => State == ShmRegionState.Hole ? this : this with { State = ShmRegionState.Lost };

    /// <summary>"4096 bytes at 8192: Mapped (Read, Write)".</summary>
    public override string ToString()
    {
        var protection = State == ShmRegionState.Mapped ? $" ({Protection})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Length} bytes at {Offset}: {State}{protection}");
    }

    /// <summary>Whether both differ in place only.</summary>
    internal bool IsLike(ShmRegion other) =>
        State == other.State && Protection == other.Protection && Advice == other.Advice;
}
