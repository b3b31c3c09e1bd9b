using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory;

/// <summary>Segments that nobody will come back for.</summary>
public static class ShmOrphans
{
    /// <summary>
    /// Judges segments. An orphan is one that provably no process holds, whose creator is gone (System V; the kernel
    /// keeps none for POSIX objects) and which the catalogue of origins does not except.
    /// </summary>
    /// <param name="segments">The segments that matter, or null for all of this host.</param>
    /// <param name="olderThan">The time that must have passed since the last sign of use.</param>
    /// <param name="includeSemaphores">Whether named semaphores are judged as well.</param>
    /// <param name="progress">Told how far the pass over the processes has come.</param>
    /// <param name="cancellation">Ends the pass.</param>
    /// <returns>
    /// All of them, each with what speaks for and against it; IsOrphan says how it came out, and is null where what
    /// cannot be seen from here would decide it.
    /// </returns>
    public static IEnumerable<ShmStat> Judge(
        IReadOnlyCollection<ShmSegment>? segments = null, TimeSpan olderThan = default, bool includeSemaphores = false,
        ShmScanProgress? progress = null, CancellationToken cancellation = default)
    {
        var begin = DateTime.UtcNow;
        var stats = ShmStats.Read(segments, withUsage: false, progress, cancellation);
        IReadOnlyList<(string, uint)>? running = null;
        var listed = false;
        foreach (var stat in stats)
        {
            var objection = Objection(stat, olderThan, DateTime.UtcNow)
                ?? OriginExceptions.Objection(stat, includeSemaphores, () =>
                {
                    running = listed ? running : ListProcesses();
                    listed = true;
                    return running;
                });
            yield return new ShmStat(stat)
            {
                IsOrphan = objection is null ? true : IsUndecided(stat) ? null : false,
                JudgedTime = objection is not null && IsUndecided(stat) ? null : begin,
                Evidence = [.. stat.Evidence, .. SignsOf(stat), .. objection is null ? (string[])[] : [objection]],
            };
        }
    }

    /// <summary>Why it isn't one, by what the kernel says; null if nothing speaks against it.</summary>
    internal static string? Objection(ShmStat stat, TimeSpan olderThan, DateTime now)
    {
        switch (stat.Verdict)
        {
            case ShmVerdict.InUse:
                return "It is in use.";
            case ShmVerdict.RemovalPending:
                return "It is already removed, and ends with its last holder.";
            case ShmVerdict.Unknown:
                return "It is unknown whether anyone holds it.";
            default:
                break;
        }

        if (stat.IsNameless)
        {
            return "It ends with its last holder by itself.";
        }

        if (stat.Kind == ShmKind.SysV && stat.IsCreatorAlive != false)
        {
            return stat.IsCreatorAlive == true
                ? FormattableString.Invariant($"Its creator, process {stat.CreatorProcessId}, still runs.")
                : "It is unknown whether its creator still runs" + (stat.CreatorProcessId is { } creator
                    ? FormattableString.Invariant($": what has its id, {creator}, cannot be read or started later.")
                    : ": it lives in another process namespace.");
        }

        if (LastUse(stat) is not { } used)
        {
            return olderThan > TimeSpan.Zero ? "Its age is unknown." : null;
        }

        return now - used < olderThan ? FormattableString.Invariant(
            $"It was last used {used.ToLocalTime():yyyy-MM-dd HH:mm:ss}, too recently.") : null;
    }

    // Who may see more could tell.
    private static bool IsUndecided(ShmStat stat) => stat.Verdict == ShmVerdict.Unknown
        || stat is { Verdict: ShmVerdict.Unattached, Kind: ShmKind.SysV, IsCreatorAlive: null };

    private static IEnumerable<string> SignsOf(ShmStat stat)
    {
        if (stat is { Kind: ShmKind.SysV, IsCreatorAlive: false })
        {
            yield return FormattableString.Invariant($"Its creator, process {stat.CreatorProcessId}, has ended.");
        }
        else if (stat.Kind == ShmKind.Posix)
        {
            yield return "The kernel keeps no creator of a POSIX object.";
        }

        if (LastUse(stat) is { } used)
        {
            yield return FormattableString.Invariant($"Last sign of use: {used.ToLocalTime():yyyy-MM-dd HH:mm:ss}.");
        }
    }

    /// <summary>Whether it shows a sign of use since it was found.</summary>
    internal static bool IsUsedSince(ShmSegment found, ShmSegment now)
    {
        var judged = (found as ShmStat)?.JudgedTime;
        return now.ChangeTime is { } changed && found.ChangeTime is { } known && IsLater(changed, known, judged)
            || now.AttachTime > (found.AttachTime ?? DateTime.MinValue)
            || now.DetachTime > (found.DetachTime ?? DateTime.MinValue)
            // What came over remoting has none.
            || now.AccessTime > found.AccessTime;
    }

    // A CSV drops the fractions of a second. Then what happened in the same second tells nothing, unless the judgement
    // came well after it (the kernel's stamps may be some milliseconds behind).
    private static bool IsLater(DateTime now, DateTime known, DateTime? judged)
    {
        var second = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));
        return now > known && !(second == known && judged >= known.AddSeconds(2));
    }

    private static DateTime? LastUse(ShmSegment segment)
    {
        DateTime? last = null;
        foreach (var time in (ReadOnlySpan<DateTime?>)[
            segment.ChangeTime, segment.AccessTime, segment.AttachTime, segment.DetachTime
        ])
        {
            if (last is null || time > last)
            {
                last = time;
            }
        }

        return last;
    }

    private static List<(string, uint)>? ListProcesses()
    {
        using var reader = new ProcReader();
        if (!ProcessView.Read(reader).SeesAll)
        {
            return null;
        }

        var ids = reader.ListProcesses();
        var processes = new List<(string, uint)>(ids.Count);
        foreach (var id in ids)
        {
            var status = reader.Enter(id);
            if (status < 0 && !ProcReader.IsGone(status))
            {
                return null;
            }

            if (status >= 0 && ProcessIdentity.Read(reader) is { } process)
            {
                processes.Add((process.Name, process.UserId));
            }
        }

        return processes;
    }
}
