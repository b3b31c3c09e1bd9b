using System.IO;

namespace PSSharedMemory;

/// <summary>Changes to make to a segment; null leaves a property as it is.</summary>
public sealed record ShmSegmentChange
{
    /// <summary>The permission bits, from 0000 to 0777.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>The owner.</summary>
    public uint? UserId { get; init; }

    /// <summary>The group.</summary>
    public uint? GroupId { get; init; }

    /// <summary>System V: whether its pages stay in RAM (SHM_LOCK, SHM_UNLOCK).</summary>
    public bool? Lock { get; init; }

    /// <summary>memfd: seals to add; existing ones stay.</summary>
    public ShmSeals Seal { get; init; }

    /// <summary>Whether owner, group or mode are among it.</summary>
    internal bool HasPermissions => Mode is not null || UserId is not null || GroupId is not null;
}
