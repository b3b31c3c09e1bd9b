using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <content>What lies in /dev/shm beside objects, and whether all its memory is accounted for.</content>
internal static partial class HostChecks
{
    private const string WholeShm = "/dev/shm size";
    private const ulong MuchUnknown = 16UL << 20;

    // Pages that reach over the end: a huge page of a file system that has them does.
    private const long LargestPage = 2L << 20;

    /// <summary>
    /// Directories, sockets, named pipes and links: who cleans up after a program wants to know of them.
    /// </summary>
    private static ShmHostCheck ShmContents(HostFacts facts)
    {
        const string Name = "ShmContents";
        if (facts.Unlisted.TryGetValue(ShmKind.Posix, out var unlisted))
        {
            return Unlisted(Name, unlisted);
        }

        string[] found = [.. facts.Limits
            .Where(static limit => limit is { PartOf: "/dev/shm inodes", Use: > 0 })
            .Select(static limit => $"{limit.Use} {Noun(limit)}: {limit.Description}")];
        List<ShmSegment> overlong = [.. facts.Segments.Where(static segment => Beyond(segment) > 0)];
        if (overlong.Count > 0)
        {
            return Warn(
                Name,
                $"{Size(overlong.Sum(Beyond))} of memory lies beyond the end of "
                    + $"{Names(overlong.Select(static segment => segment.ToString()))}, where nobody can "
                    + "use it: a process was killed while it made the object larger, or is doing that now.",
                fix: null);
        }

        if (found.Length == 0)
        {
            return Pass(Name, "/dev/shm has objects only: no directory, socket, named pipe or link.");
        }

        var detail = string.Join("; ", found) + ".";
        return facts.Limits.Any(static limit => limit is { Name: "/dev/shm unreadable directories", Use: > 0 })
            ? Warn(
                Name, detail + " What is in directories that cannot be listed is unknown.",
                "sudo pwsh  # or CAP_DAC_READ_SEARCH")
            : Pass(Name, detail);
    }

    /// <summary>Used = listed + removed but held + other files + unknown.</summary>
    private static ShmHostCheck ShmBalance(HostFacts facts)
    {
        const string Name = "ShmBalance";
        if (facts.Unlisted.TryGetValue(ShmKind.Posix, out var unlisted))
        {
            return Unlisted(Name, unlisted);
        }

        var whole = Limit(facts, WholeShm);
        List<ShmLimit> parts = [.. facts.Limits.Where(static limit => limit.PartOf == WholeShm)];
        if (whole?.Use is not { } used || parts.Count == 0)
        {
            return Pass(Name, "/dev/shm keeps no count of what is used.");
        }

        var sum = string.Join(
            " + ", parts.Select(static part => $"{Amount(part.Use)} {part.Name["/dev/shm ".Length..]}"));
        var detail = $"/dev/shm: {Amount(used)} used = {sum}.";
        // Of a directory on a disk, all else that is on it is used too.
        return facts.ShmType == "tmpfs" && parts[^1].Use is > MuchUnknown
            ? Warn(
                Name, detail + " The unknown part has no name, and no process that can be read holds it.",
                "ss -xp  # descriptors in flight in sockets; lsof +L1 /dev/shm")
            : Pass(Name, detail);
    }

    private static ShmHostCheck Unlisted(string name, ShmException error) => Warn(
        name, error.Message,
        error.ErrorId == ShmErrorId.AccessDenied
            ? "sudo pwsh  # or chmod 1777 /dev/shm" : "mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm");

    /// <summary>Bytes that an object has beyond its end.</summary>
    private static long Beyond(ShmSegment segment) => segment is { Kind: ShmKind.Posix, Allocated: { } bytes }
        ? Math.Max(0, bytes - Alignment.RoundUp(segment.Size, LargestPage))
        : 0;

    private static string Noun(ShmLimit limit)
    {
        var noun = limit.Name["/dev/shm ".Length..];
        return limit.Use != 1
            ? noun
            : noun.EndsWith("ies", System.StringComparison.Ordinal) ? noun[..^3] + "y" : noun[..^1];
    }

    private static string Amount(ulong? bytes) => bytes is { } known ? Size((long)known) : "?";
}
