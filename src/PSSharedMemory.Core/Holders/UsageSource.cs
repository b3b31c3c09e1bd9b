using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <summary>
/// What the areas of one process take, read on first use: smaps costs many times as much as maps, and after a listing
/// of a whole host few of its areas are looked at.
/// </summary>
internal sealed class UsageSource
{
    private readonly Lazy<Dictionary<(long Address, long Length), SmapsUsage>> _areas;

    /// <summary>Of a process; its start tells it from a later one with the id.</summary>
    public UsageSource(int processId, ulong startTicks) =>
        _areas = new(() => Read(processId, startTicks), LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>
    /// What an area takes; null where the process has ended, may not be read, or has no such area any more.
    /// </summary>
    public SmapsUsage? Find(long address, long length) =>
        _areas.Value.TryGetValue((address, length), out var usage) ? usage : null;

    private static Dictionary<(long, long), SmapsUsage> Read(int processId, ulong startTicks)
    {
        Dictionary<(long, long), SmapsUsage> areas = [];
        using var reader = new ProcReader();
        if (reader.Enter(processId) < 0
            || reader.ReadStat(out var stat) < 0
            || stat.StartTicks != startTicks
            || reader.LoadOfLivingThread("smaps\0"u8, out _) < 0)
        {
            return areas;
        }

        var text = reader.Text;
        while (SmapsUsage.TryRead(ref text, out var line, out var usage))
        {
            areas[((long)line.Start, (long)line.Length)] = usage;
        }

        return areas;
    }
}
