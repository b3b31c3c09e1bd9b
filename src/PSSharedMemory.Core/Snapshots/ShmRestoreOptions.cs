using System;

namespace PSSharedMemory;

/// <summary>How to restore it; by default as the same segment.</summary>
public sealed record ShmRestoreOptions
{
    /// <summary>A POSIX object of this name.</summary>
    public string? Name { get; init; }

    /// <summary>A System V segment with this key.</summary>
    public int? Key { get; init; }

    /// <summary>A System V segment without a key.</summary>
    public bool Private { get; init; }

    /// <summary>A memfd.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Writes into a segment that exists and has the same size; its mode and owner stay.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Receives the number of bytes done so far.</summary>
    public IProgress<long>? Progress { get; init; }
}
