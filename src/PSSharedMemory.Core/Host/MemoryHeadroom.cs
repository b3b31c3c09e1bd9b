using System;

namespace PSSharedMemory;

/// <summary>
/// How much memory this process may still take before the kernel begins to kill: the host's, and that of each control
/// group it is in.
/// </summary>
/// <param name="Bytes">Bytes; null where neither the host nor a control group says, which is not a reason to
/// refuse.</param>
/// <param name="Group">The control group that is the tightest; null where it is the host.</param>
internal readonly record struct MemoryHeadroom(long? Bytes, string? Group)
{
    /// <summary>Who sets the bound, for messages: "the host", "control group /a".</summary>
    public string Source => Group is null ? "the host" : $"control group {Group}";

    /// <summary>Reads it: some ten small files, a tenth of a millisecond.</summary>
    public static MemoryHeadroom Read() => Read(new HostFiles());

    /// <summary>Reads it from below another root.</summary>
    internal static MemoryHeadroom Read(HostFiles files)
    {
        var memory = MemoryInfo.Read(files);
        var swap = memory.SwapFree ?? 0;
        ulong? host = memory.Available is { } available ? ProcText.Sum(available, swap) : null;
        var least = new MemoryHeadroom(Clamp(host), Group: null);
        foreach (var account in CgroupMemory.ReadChain(files))
        {
            if (Clamp(account.Headroom(swap)) is { } left && (least.Bytes is not { } bytes || left < bytes))
            {
                least = new MemoryHeadroom(left, account.Group);
            }
        }

        return least;
    }

    private static long? Clamp(ulong? bytes) => bytes is { } value ? (long)Math.Min(value, long.MaxValue) : null;
}
