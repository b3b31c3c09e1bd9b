using System;

namespace PSSharedMemory;

/// <summary>What happened to a segment.</summary>
public enum ShmEventKind : long
{
    /// <summary>It was made, or got its name.</summary>
    Made,

    /// <summary>It was opened (POSIX) or attached (System V).</summary>
    Opened,

    /// <summary>Its size has changed.</summary>
    Resized,

    /// <summary>It was removed, or lost its name.</summary>
    Removed,

    /// <summary>The kernel's queue overflowed: some events are lost. The current state was listed again.</summary>
    Overflow,
}

/// <summary>What an event was told by.</summary>
public enum ShmEventSource : long
{
    /// <summary>fanotify(7): each event, and by whom.</summary>
    Fanotify,

    /// <summary>inotify(7): each event, but not who caused it.</summary>
    Inotify,

    /// <summary>Comparing listings: what came and went in between is missed.</summary>
    Polling,

    /// <summary>Tracepoints of system calls, with listings: each event and who caused it.</summary>
    Tracepoint,
}

/// <summary>Something that happened to a segment.</summary>
public sealed record ShmEvent
{
    /// <summary>When it was told, UTC.</summary>
    public DateTime Time { get; internal init; }

    /// <summary>What happened.</summary>
    public ShmEventKind Kind { get; internal init; }

    /// <summary>What the segment is called: "/orders", "id 3". Empty for an overflow.</summary>
    public string Label { get; internal init; } = "";

    /// <summary>The segment as it was then, or before its removal; null if it was gone before we could look.</summary>
    public ShmSegment? Segment { get; internal init; }

    /// <summary>Its size in bytes; null if unknown.</summary>
    public long? Size => Segment?.Size;

    /// <summary>Its size before; null but for Resized.</summary>
    public long? OldSize { get; internal init; }

    /// <summary>The process that did it; null if unknown.</summary>
    public int? ProcessId { get; internal init; }

    /// <summary>
    /// The process' name, at most 15 bytes; null if unknown, or if it had ended before it could be asked.
    /// </summary>
    public string? Command { get; internal init; }

    /// <summary>The user that the process runs as; null likewise.</summary>
    public string? User { get; internal init; }

    /// <summary>What it was told by.</summary>
    public ShmEventSource Source { get; internal init; }

    /// <summary>"Made /orders by pwsh(812)".</summary>
    public override string ToString() => ProcessId is { } id
        ? FormattableString.Invariant($"{Kind} {PrintableText.Of(Label)} by {PrintableText.Of(Command ?? "?")}({id})")
        : $"{Kind} {PrintableText.Of(Label)}".TrimEnd();
}
