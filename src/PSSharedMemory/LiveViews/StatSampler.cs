using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace PSSharedMemory.Commands;

/// <summary>Takes samples, one after the other: growth is what differs from the one before.</summary>
internal sealed class StatSampler(Func<IReadOnlyCollection<ShmSegment>> list, TimeSpan olderThan)
{
    private Dictionary<ShmStat, long?> _before = [];
    private DateTime? _time;

    /// <summary>Looks at all segments and processes now.</summary>
    /// <exception cref="ShmException">What exists cannot be listed.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public IReadOnlyList<ShmStatSample> Take(CancellationToken cancellation)
    {
        var stats = ShmOrphans.Judge(list(), olderThan, cancellation: cancellation).ToArray();
        var now = DateTime.UtcNow;
        var seconds = _time is { } time ? (now - time).TotalSeconds : 0;
        var samples = Array.ConvertAll(stats, stat => new ShmStatSample(now, stat, Growth(stat, seconds)));
        _before = [];
        foreach (var stat in stats)
        {
            _before[stat] = stat.Allocated;
        }

        _time = now;
        return samples;
    }

    private long? Growth(ShmStat stat, double seconds)
    {
        if (_time is null || seconds <= 0)
        {
            return null;
        }

        // One that was not there before has grown from nothing.
        var before = _before.GetValueOrDefault(stat, 0);
        return stat.Allocated - before is { } bytes ? (long)(bytes / seconds) : null;
    }
}
