using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// Events of System V segments, as two listings differ. The kernel keeps in each segment who made it and who last
/// attached or detached it; who removed it, it keeps nowhere.
/// </summary>
internal sealed class SysVChanges
{
    private readonly ActorFinder _actors;
    private Dictionary<long, ShmSegment> _known;

    /// <exception cref="ShmException">As of listing System V segments.</exception>
    public SysVChanges(ActorFinder actors)
    {
        _actors = actors;
        _known = List();
    }

    /// <summary>Adds what has changed since the last time.</summary>
    public void AddDifferences(List<ShmEvent> events)
    {
        var now = List();
        foreach (var (id, before) in _known)
        {
            if (!now.TryGetValue(id, out var found) || !found.IsSame(before) || IsRemoved(found) != IsRemoved(before))
            {
                // What was told as removed is not told again when it ends.
                if (!IsRemoved(before))
                {
                    events.Add(Event(ShmEventKind.Removed, found ?? before, null));
                }
            }
            else if (found.AttachCount > before.AttachCount || IsLater(found.AttachTime, before.AttachTime))
            {
                events.Add(Event(ShmEventKind.Opened, found, found.LastProcessId));
            }
        }

        foreach (var (id, segment) in now)
        {
            if (_known.TryGetValue(id, out var before) && before.IsSame(segment))
            {
                continue;
            }

            events.Add(Event(ShmEventKind.Made, segment, segment.CreatorProcessId));
            if (segment.AttachTime is not null)
            {
                events.Add(Event(ShmEventKind.Opened, segment, segment.LastProcessId));
            }

            if (IsRemoved(segment))
            {
                events.Add(Event(ShmEventKind.Removed, segment, null));
            }
        }

        _known = now;
    }

    private ShmEvent Event(ShmEventKind kind, ShmSegment segment, int? processId)
    {
        var actor = _actors.Find(processId);
        return new ShmEvent
        {
            Time = DateTime.UtcNow,
            Kind = kind,
            Label = segment.Label,
            Segment = segment,
            ProcessId = actor?.ProcessId,
            Command = actor?.Command,
            User = actor?.User,
            Source = ShmEventSource.Polling,
        };
    }

    private static bool IsLater(DateTime? time, DateTime? before) =>
        time is not null && (before is null || time > before);

    private static bool IsRemoved(ShmSegment segment) => (segment.Status & ShmSegmentStatus.RemovalPending) != 0;

    private static Dictionary<long, ShmSegment> List()
    {
        var known = new Dictionary<long, ShmSegment>();
        foreach (var segment in SysVSegments.List())
        {
            known[segment.Id!.Value] = segment;
        }

        return known;
    }
}
