namespace PSSharedMemory;

/// <summary>Whether a segment is in use.</summary>
public enum ShmVerdict : long
{
    /// <summary>Unknown: some processes cannot be read. Never to be taken for unused.</summary>
    Unknown,

    /// <summary>At least one process has it mapped or open.</summary>
    InUse,

    /// <summary>No process has it mapped or open; this is proved.</summary>
    Unattached,

    /// <summary>It is removed, and lives as long as it is held.</summary>
    RemovalPending,
}
