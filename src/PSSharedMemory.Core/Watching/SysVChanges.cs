using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>
/// Events of System V segments: calls that were traced, and two listings that differ. The kernel keeps in each segment
/// who made it and who last attached or detached it; who removed it, it keeps nowhere.
/// </summary>
internal sealed class SysVChanges
{
    private readonly ActorFinder _actors;
    private readonly SysVCalls? _calls;

    // Made, and removed before it could be looked at: its end is still to be told.
    private readonly HashSet<long> _unseen = [];

    // What two listings differ by and no call has explained yet: the call may still be on its way.
    private HashSet<(ShmEventKind Kind, long Id)> _unexplained = [];
    private Dictionary<long, ShmSegment> _known;

    /// <param name="actors">Looks up processes.</param>
    /// <param name="calls">What traces calls; null where nothing does. It has begun.</param>
    /// <exception cref="ShmException">As of listing System V segments.</exception>
    public SysVChanges(ActorFinder actors, SysVCalls? calls)
    {
        _actors = actors;
        _calls = calls;
        _known = List();
    }

    /// <summary>Adds the calls that were traced.</summary>
    public void AddCalls(List<ShmEvent> events)
    {
        List<SysVCall> calls = [];
        var isLost = _calls!.Read(calls);
        var now = calls.Count > 0 ? List() : [];
        foreach (var call in calls)
        {
            Add(call, now.GetValueOrDefault(call.Id), events);
        }

        if (isLost)
        {
            events.Add(
                new ShmEvent
                {
                    Time = DateTime.UtcNow,
                    Kind = ShmEventKind.Overflow,
                    Source = ShmEventSource.Tracepoint,
                });
            AddDifferences(events);
        }
    }

    /// <summary>
    /// Adds what listings show and no call explains: a program of 32 bits made it, or the kernel itself removed it
    /// (kernel.shm_rmid_forced).
    /// </summary>
    public void AddUnexplained(List<ShmEvent> events)
    {
        var now = List();
        HashSet<(ShmEventKind Kind, long Id)> unexplained = [];
        foreach (var (id, before) in _known.ToArray())
        {
            var found = now.GetValueOrDefault(id);
            if ((found is null || found.IsRemoved) && !before.IsRemoved)
            {
                if (unexplained.Add((ShmEventKind.Removed, id)) && _unexplained.Contains((ShmEventKind.Removed, id)))
                {
                    events.Add(Event(ShmEventKind.Removed, found ?? before, null));
                    Keep(id, found);
                }
            }
            else
            {
                Keep(id, found);
            }
        }

        foreach (var (id, segment) in now)
        {
            if (!_known.ContainsKey(id) && !_unseen.Contains(id) && unexplained.Add((ShmEventKind.Made, id))
                && _unexplained.Contains((ShmEventKind.Made, id)))
            {
                events.Add(Event(ShmEventKind.Made, segment, segment.CreatorProcessId));
                Keep(id, segment);
            }
        }

        _unexplained = unexplained;
    }

    /// <summary>Adds what has changed since the last time.</summary>
    public void AddDifferences(List<ShmEvent> events)
    {
        var now = List();
        foreach (var (id, before) in _known)
        {
            if (!now.TryGetValue(id, out var found) || !found.IsSame(before) || found.IsRemoved != before.IsRemoved)
            {
                // A reported removal isn't reported again when the segment ends.
                if (!before.IsRemoved)
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

            if (segment.IsRemoved)
            {
                events.Add(Event(ShmEventKind.Removed, segment, null));
            }
        }

        _known = now;
        _unseen.Clear();
        _unexplained.Clear();
    }

    private void Add(SysVCall call, ShmSegment? now, List<ShmEvent> events)
    {
        var before = _known.GetValueOrDefault(call.Id);
        switch (call.Kind)
        {
            // The same call opens one that is there already.
            case ShmEventKind.Made when before is not null || _unseen.Contains(call.Id)
                || (now?.CreatorProcessId is { } creator && creator != call.ProcessId):
                return;
            case ShmEventKind.Made when now is null || now.IsRemoved:
                _unseen.Add(call.Id);
                break;
            case ShmEventKind.Removed when !_unseen.Remove(call.Id) && (before is null || before.IsRemoved):
                return;
        }

        events.Add(
            EventOf(call.Kind, now ?? before, _actors.Find(call)) with
            {
                Label = new ShmSegment { Kind = ShmKind.SysV, Id = call.Id }.Label,
                Source = ShmEventSource.Tracepoint,
            });

        // One that was removed since is so in the listing already, which is not to say it again.
        if (call.Kind == ShmEventKind.Removed)
        {
            Keep(call.Id, now);
        }
        else if (now is not null && !now.IsRemoved)
        {
            Keep(call.Id, now);
        }
    }

    private void Keep(long id, ShmSegment? segment)
    {
        if (segment is null)
        {
            _known.Remove(id);
        }
        else
        {
            _known[id] = segment;
        }
    }

    private ShmEvent Event(ShmEventKind kind, ShmSegment segment, int? processId) =>
        EventOf(kind, segment, _actors.Find(processId));

    private static ShmEvent EventOf(ShmEventKind kind, ShmSegment? segment, EventActor? actor) => new()
    {
        Time = DateTime.UtcNow,
        Kind = kind,
        Label = segment?.Label ?? "",
        Segment = segment,
        ProcessId = actor?.ProcessId,
        Command = actor?.Command,
        User = actor?.User,
        Source = ShmEventSource.Polling,
    };

    private static bool IsLater(DateTime? time, DateTime? before) =>
        time is not null && (before is null || time > before);

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
