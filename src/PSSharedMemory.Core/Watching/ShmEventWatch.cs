using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Watches what is made, opened, resized and removed. POSIX objects by fanotify, which tells by whom, where this user
/// may; else by inotify; else by listings that are compared. System V segments by tracepoints of system calls where
/// this user may, else by listings. Not for several threads.
/// </summary>
public sealed class ShmEventWatch : IDisposable
{
    // Cancellation is heard within this time.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    // What the kernel has told of calls is taken a moment later.
    private static readonly TimeSpan SettlingTime = TimeSpan.FromMilliseconds(2);

    private readonly PosixChanges? _posix;
    private readonly FanotifyEvents? _fanotify;
    private readonly InotifyEvents? _inotify;
    private readonly SysVCalls? _calls;
    private readonly SysVChanges? _sysV;
    private readonly TimeSpan _interval;
    private readonly List<ShmEvent> _found = [];
    private long _polled = Stopwatch.GetTimestamp();

    /// <summary>Begins to watch.</summary>
    /// <param name="posix">Whether POSIX objects are watched.</param>
    /// <param name="sysV">Whether System V segments are watched.</param>
    /// <param name="interval">How long to wait between two listings.</param>
    /// <exception cref="ShmException">
    /// PlatformNotSupported, AccessDenied, LimitReached: what is asked for cannot be listed.
    /// </exception>
    public ShmEventWatch(bool posix, bool sysV, TimeSpan interval)
    {
        _interval = interval;
        var actors = new ActorFinder();
        try
        {
            if (posix)
            {
                _posix = new PosixChanges();
                _fanotify = FanotifyEvents.TryStart(_posix, actors);
                _inotify = _fanotify is null ? InotifyEvents.TryStart(_posix) : null;
                // Catches up on what came between the listing and the first watch.
                _posix.AddDifferences(_found);
            }

            _calls = sysV ? SysVCalls.TryStart() : null;
            _sysV = sysV ? new SysVChanges(actors, _calls) : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The source of events of POSIX objects; null if they aren't watched.</summary>
    public ShmEventSource? PosixSource => _posix is null ? null
        : _fanotify is not null ? ShmEventSource.Fanotify
        : _inotify is not null ? ShmEventSource.Inotify : ShmEventSource.Polling;

    /// <summary>What tells of System V segments; null where they are not watched.</summary>
    public ShmEventSource? SysVSource => _sysV is null ? null
        : _calls is not null ? ShmEventSource.Tracepoint : ShmEventSource.Polling;

    /// <summary>Waits for events, at most so long, and gives those that are there; none is no error.</summary>
    public IReadOnlyList<ShmEvent> Next(TimeSpan timeout)
    {
        var descriptor = _fanotify?.Descriptor ?? _inotify?.Descriptor;
        var rest = _interval - Stopwatch.GetElapsedTime(_polled);
        var isPolled = _sysV is not null || (_posix is not null && descriptor is null);
        var wait = _found.Count > 0 ? TimeSpan.Zero : isPolled && rest < timeout ? rest : timeout;
        wait = _calls?.IsSettling == true && wait > SettlingTime ? SettlingTime : wait;
        var milliseconds = (int)Math.Ceiling(Math.Max(0, wait.TotalMilliseconds));
        IEnumerable<DescriptorHandle> first = descriptor is null ? [] : [descriptor];
        Libc.PollIn([.. first, .. _calls?.Descriptors ?? []], milliseconds);
        _fanotify?.Read(_found);
        _inotify?.Read(_found);
        if (_calls is not null)
        {
            _sysV!.AddCalls(_found);
        }

        if (isPolled && Stopwatch.GetElapsedTime(_polled) >= _interval)
        {
            _polled = Stopwatch.GetTimestamp();
            if (_calls is null)
            {
                _sysV?.AddDifferences(_found);
            }
            else
            {
                _sysV!.AddUnexplained(_found);
            }

            if (descriptor is null)
            {
                _posix?.AddDifferences(_found);
            }
        }

        ShmEvent[] events = [.. _found];
        _found.Clear();
        return events;
    }

    /// <summary>The events as they come, until the time is over or the token is cancelled.</summary>
    /// <param name="timeout">How long; null for ever.</param>
    /// <param name="cancellation">Heard within 50 ms.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<ShmEvent> Events(TimeSpan? timeout, CancellationToken cancellation = default)
    {
        var deadline = new Deadline(timeout);
        while (true)
        {
            foreach (var one in Next(deadline.Slice(Patience)))
            {
                yield return one;
            }

            cancellation.ThrowIfCancellationRequested();
            if (deadline.HasPassed)
            {
                yield break;
            }
        }
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        _fanotify?.Dispose();
        _inotify?.Dispose();
        _calls?.Dispose();
        _posix?.Dispose();
    }
}
