namespace PSSharedMemory;

/// <summary>The lines of /proc/meminfo (proc_meminfo(5)) that matter here, in bytes; null where they are unknown.</summary>
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
        foreach (var line in files.ReadLines("/proc/meminfo"))
        {
            var name = line.IndexOf(':', System.StringComparison.Ordinal);
            if (name < 0 || !HostFiles.TryReadValue(line, line[..name], out var value))
            {
                continue;
            }

            info = line[..name] switch
            {
                "MemTotal" => info with { Total = value },
                "MemAvailable" => info with { Available = value },
                "SwapTotal" => info with { SwapTotal = value },
                "SwapFree" => info with { SwapFree = value },
                "CommitLimit" => info with { CommitLimit = value },
                "Committed_AS" => info with { Committed = value },
                _ => info,
            };
        }

        return info;
    }
}
