namespace PSSharedMemory;

/// <summary>
/// The lines of /proc/meminfo (proc_meminfo(5)) that matter here, in bytes; null where they are unknown.
/// </summary>
internal readonly record struct MemoryInfo
{
    /// <summary>RAM of the host.</summary>
    public ulong? Total { get; private init; }

    /// <summary>What can be had without swapping.</summary>
    public ulong? Available { get; private init; }

    /// <summary>Swap of the host; 0 where it has none.</summary>
    public ulong? SwapTotal { get; private init; }

    /// <summary>Swap that is not used.</summary>
    public ulong? SwapFree { get; private init; }

    /// <summary>What the host promises at most, if vm.overcommit_memory is 2.</summary>
    public ulong? CommitLimit { get; private init; }

    /// <summary>What it has promised.</summary>
    public ulong? Committed { get; private init; }

    /// <summary>Reads them.</summary>
    public static MemoryInfo Read(HostFiles files)
    {
        MemoryInfo info = default;
        System.ReadOnlySpan<byte> text = files.ReadBytes("/proc/meminfo");
        while (ProcText.TryReadLine(ref text, out var line))
        {
            info = ProcText.TryReadValue(line, "MemTotal"u8, out var value) ? info with { Total = value }
                : ProcText.TryReadValue(line, "MemAvailable"u8, out value) ? info with { Available = value }
                : ProcText.TryReadValue(line, "SwapTotal"u8, out value) ? info with { SwapTotal = value }
                : ProcText.TryReadValue(line, "SwapFree"u8, out value) ? info with { SwapFree = value }
                : ProcText.TryReadValue(line, "CommitLimit"u8, out value) ? info with { CommitLimit = value }
                : ProcText.TryReadValue(line, "Committed_AS"u8, out value) ? info with { Committed = value }
                : info;
        }

        return info;
    }
}
