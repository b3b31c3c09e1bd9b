using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PSSharedMemory;

/// <content>What is not a call: signals that shared memory raises, and how a process ends or becomes another
/// program.</content>
internal sealed partial class ShmCallFilter
{
    private const long Kilo = 1024;

    private readonly HashSet<int> _shown = [];
    private readonly Dictionary<int, int> _leaders = [];
    private readonly Dictionary<string, long> _lengths = [];
    private readonly Dictionary<int, (string Signal, long Address)> _faults = [];

    // "1234 1795476423.897799 --- SIGBUS {si_signo=SIGBUS, si_code=BUS_ADRERR, si_addr=0x7f…} ---"
    [GeneratedRegex(@"^(\d+) +(\d+\.\d+) --- (SIG[A-Z]+) \{.*si_addr=(0x[0-9a-f]+|NULL).*\} ---$")]
    private static partial Regex Signal();

    // "1234 1795476423.897799 +++ exited with 3 +++", "… +++ killed by SIGBUS (core dumped) +++"
    [GeneratedRegex(@"^(\d+) +(\d+\.\d+) \+\+\+ (?:exited with (\d+)|killed by (SIG[A-Z0-9]+)( \(core dumped\))?) \+\+\+$")]
    private static partial Regex End();

    private ShmCall? ReadEvent(string text)
    {
        if (End().Match(text) is { Success: true } end)
        {
            return ReadEnd(end);
        }

        NoteSender(text);
        return Signal().Match(text) is { Success: true } signal
            && StraceLine.ParseNumber(signal.Groups[4].ValueSpan) is { } address
            && int.TryParse(signal.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var victim)
            ? ReadFault(victim, signal, address)
            : null;
    }

    private ShmCall? ReadFault(int victim, Match signal, long address)
    {
        var name = signal.Groups[3].Value;
        // A fault elsewhere has nothing to do with shared memory: a runtime's null checks are SIGSEGV, by the thousand.
        // Only where it ends the process it is told, with its end.
        if (signal.Value.Contains("si_code=SI_KERNEL", StringComparison.Ordinal))
        {
            _faults[LeaderOf(victim)] = (name, WildAddress);
            return null;
        }

        if (WhereOf(victim, name, address) is not { } where)
        {
            _faults[LeaderOf(victim)] = (name, address);
            return null;
        }

        _faults.Remove(LeaderOf(victim));
        return new ShmCall
        {
            Time = TimeOf(signal.Groups[2].ValueSpan),
            ProcessId = victim,
            Call = name,
            Segment = where.Segment,
            Address = address,
            Detail = $"{name} at {where.Segment} + {Distance(where.Offset)}, {where.Why}",
        };
    }

    private (string Segment, long Offset, string Why)? WhereOf(int victim, string signal, long address)
    {
        if (_books.Find(victim, address, 1) is { } area)
        {
            var offset = area.Offset + address - area.Address;
            return (area.Segment, offset, Why(signal, area, offset));
        }

        if (_books.FindGone(victim, address) is { } gone)
        {
            return (gone.Segment, gone.Offset + address - gone.Address, $"which {gone.GoneBy} unmapped before");
        }

        return _books.FindBefore(victim, address) is { } before
            ? (before.Segment, before.Offset + address - before.Address,
                $"beyond the {Distance(before.Length)} that are mapped")
            : null;
    }

    private ShmCall? ReadEnd(Match end)
    {
        if (!int.TryParse(end.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var process))
        {
            return null;
        }

        // A call of its own that kills it never returns.
        if (_pending.Remove(process, out var last))
        {
            NoteKill(process, last);
        }

        var isKilled = end.Groups[4].Success;
        var isKnown = _shown.Contains(process) || (isKilled && _books.Knows(process) && _books.All(process).Count > 0);
        // A thread's end is not its process'; and only the end of those that had to do with shared memory matters.
        if (_leaders.ContainsKey(process) || !isKnown)
        {
            return null;
        }

        return new ShmCall
        {
            Time = TimeOf(end.Groups[2].ValueSpan),
            ProcessId = process,
            Call = "exit",
            Result = isKilled ? null
                : long.TryParse(end.Groups[3].ValueSpan, CultureInfo.InvariantCulture, out var code) ? code : null,
            Detail = isKilled
                ? $"killed by {end.Groups[4].Value}{end.Groups[5].Value}{WhyKilled(process, end.Groups[4].Value)}"
                : $"exited with {end.Groups[3].Value}{(end.Groups[3].Value == "0" ? "" : WordsOf(process))}",
        };
    }

    // Another program begins: what the one before had mapped is gone.
    private ShmCall? ReadExecute(StraceLine line)
    {
        var had = _books.All(line.ProcessId);
        var call = had.Count == 0 ? null : Make(
            line, had.Count == 1 ? had[0].Segment : null,
            detail: had.Count == 1 ? $"unmaps {had[0].Segment}" : $"unmaps {had.Count} areas");
        _books.Execute(line.ProcessId);
        return call;
    }

    // A thread's process, as far as the trace has seen it begin.
    private int LeaderOf(int process) => _leaders.GetValueOrDefault(process, process);

    private string Why(string signal, TracedAreas.Area area, long offset)
    {
        if (signal != "SIGBUS")
        {
            return area.Access switch
            {
                ShmProtection.None => "which allows no access",
                ShmProtection.Read => "which may only be read",
                _ => "which the page does not allow",
            };
        }

        var segment = area.Segment;
        var length = LengthOf?.Invoke(segment) ?? (_lengths.TryGetValue(segment, out var seen) ? seen : null);
        return _huge.Contains(segment) && !(offset >= length)
            ? "no huge page is left for it: the pool is used up (vm.nr_hugepages)"
            : length is not { } bytes ? "beyond its end, or no memory is left for the page"
            : offset >= bytes ? "beyond its end"
            : segment.StartsWith('/') ? "no memory is left for the page: /dev/shm is full, or a memory limit is reached"
            : "no memory is left for the page";
    }

    // "1 MB", "4 KB", "0x1234": whole units where they are whole.
    private static string Distance(long offset) => offset switch
    {
        0 => "0",
        _ when offset % (Kilo * Kilo) == 0 => FormattableString.Invariant($"{offset / Kilo / Kilo} MB"),
        _ when offset % Kilo == 0 => FormattableString.Invariant($"{offset / Kilo} KB"),
        _ => FormattableString.Invariant($"0x{offset:x}"),
    };

    private static DateTime TimeOf(ReadOnlySpan<char> text) =>
        StraceLine.TryParseTime(text, out var time) ? time : default;
}
