using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>Whether the creators of System V segments still run.</summary>
internal sealed class CreatorEvidence : IDisposable
{
    // Clock ticks in a second as the kernel tells them to user space (USER_HZ): 100 on every architecture here.
    private const long TicksPerSecond = 100;

    // A process that started this long after the segment last changed is not the one that made it. Wide, because the
    // wall clock may have been set between the two.
    private static readonly TimeSpan Certain = TimeSpan.FromMinutes(1);

    private readonly ProcReader _reader = new();
    private readonly Dictionary<int, DateTime?> _starts = [];
    private readonly DateTime? _boot;

    public CreatorEvidence()
    {
        if (new HostFiles().ReadLines("/proc/stat") is { } lines)
        {
            foreach (string line in lines)
            {
                if (line.StartsWith("btime ", StringComparison.Ordinal) && long.TryParse(line.AsSpan(6), out long seconds))
                    _boot = DateTimeOffset.FromUnixTimeSeconds(seconds).LocalDateTime;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    /// <summary>Whether the creator runs; null where that cannot be known.</summary>
    public bool? IsAlive(ShmSegment segment, bool hidesProcesses)
    {
        if (segment.CreatorProcessId is not { } creator)
            return null;
        if (!_starts.TryGetValue(creator, out DateTime? start))
        {
            start = StartOf(creator);
            _starts.Add(creator, start);
        }

        return Judge(start, segment.ChangeTime, hidesProcesses);
    }

    /// <summary>Judges by when the process that has the id now started (null: there is none) and when the segment last changed.</summary>
    internal static bool? Judge(DateTime? start, DateTime? changed, bool hidesProcesses)
    {
        // Not listed does not mean ended where /proc hides processes.
        if (start == null)
            return hidesProcesses ? null : false;
        // The id may have gone to another process; whether it did is told by time, and only if by far.
        return !(changed is { } time && start.Value - time > Certain);
    }

    private DateTime? StartOf(int processId)
    {
        if (_reader.Enter(processId) < 0)
            return null;
        ProcessIdentity? process = ProcessIdentity.Read(_reader);
        _reader.Leave();
        if (process == null)
            return null;
        return _boot?.AddSeconds((double)process.StartTicks / TicksPerSecond) ?? DateTime.MinValue;
    }
}
