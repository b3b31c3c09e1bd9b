namespace PSSharedMemory.Commands;

/// <summary>What the rows of Watch-ShmStat are in the order of.</summary>
public enum ShmStatSort
{
    /// <summary>The largest first.</summary>
    Used,

    /// <summary>The one that grows fastest first.</summary>
    Growth,

    /// <summary>The largest size first.</summary>
    Size,

    /// <summary>The oldest first.</summary>
    Age,

    /// <summary>The most holders first.</summary>
    Holders,

    /// <summary>By label.</summary>
    Label,
}
