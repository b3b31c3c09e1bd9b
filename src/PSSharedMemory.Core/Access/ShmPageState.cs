namespace PSSharedMemory;

/// <summary>What a page of a mapping is; where several apply, the last of them.</summary>
public enum ShmPageState : long
{
    /// <summary>No memory: never touched.</summary>
    Absent,

    /// <summary>Has memory that is reserved for it (fallocate(2)), and was never touched.</summary>
    Reserved,

    /// <summary>In memory.</summary>
    Resident,

    /// <summary>Not in memory: in swap, or never touched; the kernel does not say which.</summary>
    Unknown,

    /// <summary>Has memory, which is in swap.</summary>
    Swapped,

    /// <summary>Allows less than the mapping did when it was mounted.</summary>
    Protected,

    /// <summary>Unmapped.</summary>
    Hole,
}
