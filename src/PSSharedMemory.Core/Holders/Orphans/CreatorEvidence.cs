using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>Whether the creators of System V segments still run.</summary>
internal sealed class CreatorEvidence : IDisposable
{
    // A process that started this long after the segment last changed can hardly have made it: generous, because the
    // two times come from different clocks.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    private readonly ProcReader _reader = new();
    private readonly Dictionary<int, Creator> _creators = [];
    private readonly DateTime? _boot;

    public CreatorEvidence()
    {
        if (new HostFiles().ReadValue("/proc/stat", "btime"u8) is { } seconds)
        {
            _boot = UnixTime.ToUtc((long)seconds);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    /// <summary>Whether the creator runs; null where that cannot be known.</summary>
    public bool? IsAlive(ShmSegment segment, bool hidesProcesses)
    {
        if (segment.CreatorProcessId is not { } creator)
        {
            return null;
        }

        if (!_creators.TryGetValue(creator, out var found))
        {
            found = Find(creator);
            _creators.Add(creator, found);
        }

        return Judge(found, segment.ChangeTime, hidesProcesses);
    }

    /// <summary>Judges by what was found under the creator's id, and by when the segment last changed.</summary>
    internal static bool? Judge(Creator creator, DateTime? changed, bool hidesProcesses)
    {
        // Not listed does not mean ended where /proc hides processes.
        if (creator.HasEnded)
        {
            return hidesProcesses ? null : false;
        }

        if (creator.Start is not { } start)
        {
            return null;
        }
        // Started after the segment was made: the id has gone to another process, or the clock was set forward in
        // between (as at the boot of a host without a battery), and then it is the creator after all.
        return changed is { } time && start - time > Slack ? null : true;
    }

    private Creator Find(int processId)
    {
        var status = _reader.Enter(processId);
        if (status < 0)
        {
            return new Creator(ProcReader.IsGone(status), null);
        }

        var process = ProcessIdentity.Read(_reader);
        status = process is null ? _reader.ReadStat(out _) : 0;
        _reader.Leave();
        if (process is null)
        {
            return new Creator(ProcReader.IsGone(status), null);
        }

        var uptime = TimeSpan.FromSeconds(process.StartTicks / (double)ProcessStart.TicksPerSecond);
        return new Creator(false, _boot + uptime ?? DateTime.MinValue);
    }

    /// <summary>
    /// What was found under an id: no process, one that started at that time, or nothing that could be read.
    /// </summary>
    internal readonly record struct Creator(bool HasEnded, DateTime? Start);
}
