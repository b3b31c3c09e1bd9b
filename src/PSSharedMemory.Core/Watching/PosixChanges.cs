using System;
using System.Collections.Generic;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Tracks the watched POSIX objects and turns the kernel's notices into events: it supplies the size of an object that
/// has lost its name, and a write that doesn't change the size is no event.
/// </summary>
internal sealed class PosixChanges : IDisposable
{
    private readonly PosixFileSystem _system = PosixFileSystem.OpenHere();
    private Dictionary<string, ShmSegment> _known;

    // Made and gone before we could look at it: its removal will be reported.
    private readonly HashSet<string> _unseen = [];

    /// <exception cref="ShmException">As of listing /dev/shm.</exception>
    public PosixChanges() => _known = List();

    /// <summary>The file system that is watched.</summary>
    public PosixFileSystem System => _system;

    /// <inheritdoc/>
    public void Dispose() => _system.Dispose();

    /// <summary>Adds the events of one notice, in a possible order.</summary>
    /// <param name="bits">IN_… or FAN_…, which are the same numbers here.</param>
    /// <param name="name">"/relay/log.0".</param>
    /// <param name="who">Finds who did it, called only if there's an event; null if unknown.</param>
    /// <param name="source">Who told it.</param>
    /// <param name="events">Where they are added.</param>
    public void Add(ulong bits, string name, Func<EventActor?> who, ShmEventSource source, List<ShmEvent> events)
    {
        // This library moves objects into a directory of its own to remove them.
        if (name.Contains('/' + PosixRemoval.TemporaryDirectory, StringComparison.Ordinal))
        {
            return;
        }

        var before = _known.GetValueOrDefault(name);
        var (isFile, now) = Look(name);
        var actor = new Lazy<EventActor?>(who, false);
        var template = new ShmEvent { Time = DateTime.UtcNow, Label = PrintableText.Of(name), Source = source };
        var isMade = (bits & (Libc.FAN_CREATE | Libc.FAN_MOVED_TO)) != 0 && isFile != false;
        var isRemoved = (bits & (Libc.FAN_DELETE | Libc.FAN_MOVED_FROM)) != 0
            && (before is not null || isMade || _unseen.Contains(name));
        var isTaken = isMade && before is not null && now is not null && !before.IsSame(now);

        // Renamed over another, which is gone now.
        if (isTaken && !isRemoved)
        {
            Emit(ShmEventKind.Removed, before, null);
        }

        if (isMade)
        {
            Emit(ShmEventKind.Made, now, null);
        }

        if ((bits & Libc.FAN_OPEN) != 0 && (now ?? before) is { } opened)
        {
            Emit(ShmEventKind.Opened, opened, null);
        }

        if (!isMade && before is not null && now is not null && before.IsSame(now) && before.Size != now.Size)
        {
            Emit(ShmEventKind.Resized, now, before.Size);
        }

        if (isRemoved && (now is null || isTaken || !isMade))
        {
            Emit(ShmEventKind.Removed, before ?? now, null);
        }

        Keep(name, now);
        if (isMade && now is null && !isRemoved)
        {
            _unseen.Add(name);
        }
        else
        {
            _unseen.Remove(name);
        }

        void Emit(ShmEventKind kind, ShmSegment? segment, long? oldSize) => events.Add(template with
        {
            Kind = kind,
            Segment = segment,
            OldSize = oldSize,
            ProcessId = actor.Value?.ProcessId,
            Command = actor.Value?.Command,
            User = actor.Value?.User,
        });
    }

    /// <summary>Adds the differences between what is known and what is there now.</summary>
    public void AddDifferences(List<ShmEvent> events)
    {
        var now = List();
        foreach (var (name, segment) in _known)
        {
            if (!now.TryGetValue(name, out var found) || !found.IsSame(segment))
            {
                events.Add(Polled(ShmEventKind.Removed, segment));
            }
            else if (found.Size != segment.Size)
            {
                events.Add(Polled(ShmEventKind.Resized, found) with { OldSize = segment.Size });
            }
        }

        foreach (var (name, segment) in now)
        {
            if (!_known.TryGetValue(name, out var found) || !found.IsSame(segment))
            {
                events.Add(Polled(ShmEventKind.Made, segment));
            }
        }

        _known = now;
    }

    private static ShmEvent Polled(ShmEventKind kind, ShmSegment segment) => new()
    {
        Time = DateTime.UtcNow,
        Kind = kind,
        Label = segment.Label,
        Segment = segment,
        Source = ShmEventSource.Polling,
    };

    private void Keep(string name, ShmSegment? now)
    {
        if (now is null)
        {
            _known.Remove(name);
        }
        else
        {
            _known[name] = now;
        }
    }

    // Null if nothing is there any more; false if it isn't an object.
    private (bool? IsFile, ShmSegment? Segment) Look(string name)
    {
        try
        {
            return _system.TryFind(name) is { } found ? (true, found) : (null, null);
        }
        catch (ShmException error) when (error.ErrorId is ShmErrorId.InvalidName or ShmErrorId.AccessDenied)
        {
            return (error.ErrorId == ShmErrorId.AccessDenied ? null : false, null);
        }
    }

    private Dictionary<string, ShmSegment> List()
    {
        var known = new Dictionary<string, ShmSegment>();
        foreach (var segment in _system.List().Segments)
        {
            known[segment.Name!] = segment;
        }

        return known;
    }
}
