using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>What a pass over processes is to find.</summary>
internal sealed record ProcessScanRequest
{
    /// <summary>The processes to read, or null for all.</summary>
    public IReadOnlyList<int>? ProcessIds { get; init; }

    /// <summary>Which objects matter, or null for all: kind, device, inode.</summary>
    public Func<ShmAreaKind, ulong, ulong, bool>? Filter { get; init; }

    /// <summary>Which objects are known already, so that no more needs to be asked of them.</summary>
    public Func<ShmAreaKind, ulong, ulong, bool>? IsKnown { get; init; }

    /// <summary>Devices of POSIX objects other than those mounted at a /dev/shm.</summary>
    public IReadOnlySet<ulong> PosixDevices { get; init; } = new HashSet<ulong>();

    /// <summary>Whether to look at open descriptors too.</summary>
    public bool Descriptors { get; init; } = true;

    /// <summary>Whether to read smaps for the areas that are found.</summary>
    public bool Usage { get; init; }

    /// <summary>Whether to read the text of maps although the kernel would answer questions: for comparison.</summary>
    public bool TextOnly { get; init; }

    /// <summary>Whether to ask for size and links of the objects that are found, where the kernel allows.</summary>
    public bool Facts { get; init; } = true;
}

/// <summary>What a pass over processes found, and what it could not see.</summary>
internal sealed class ProcessScan
{
    /// <summary>Areas and descriptors, by process and address.</summary>
    public required IReadOnlyList<HeldArea> Areas { get; init; }

    /// <summary>Processes that were read.</summary>
    public required int ReadCount { get; init; }

    /// <summary>Processes that may not be read: they may hold anything.</summary>
    public required IReadOnlyList<int> UnreadableProcessIds { get; init; }

    /// <summary>
    /// Processes in another IPC namespace: their System V segments are not those of this host's list.
    /// </summary>
    public required IReadOnlyList<int> ForeignIpcProcessIds { get; init; }

    /// <summary>Processes in another mount namespace: their /dev/shm may be another.</summary>
    public required IReadOnlyList<int> ForeignMountProcessIds { get; init; }

    /// <summary>What this process can see of others at all.</summary>
    public required ProcessView View { get; init; }

    /// <summary>The devices that tell shared memory from files.</summary>
    public required ShmDevices Devices { get; init; }
}
