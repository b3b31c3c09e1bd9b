using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;

namespace PSSharedMemory;

/// <content>What is not a call: signals that shared memory raises, and how a process ends. And calls on names and
/// descriptors.</content>
internal sealed partial class ShmCallFilter
{
    private const long Kilo = 1024;

    private readonly HashSet<int> _shown = [];
    private readonly Dictionary<int, int> _leaders = [];
    private readonly Dictionary<string, long> _lengths = [];

    // "1234 1795476423.897799 --- SIGBUS {si_signo=SIGBUS, si_code=BUS_ADRERR, si_addr=0x7f…} ---"
    [GeneratedRegex(@"^(\d+) +(\d+\.\d+) --- (SIG[A-Z]+) \{.*si_addr=(0x[0-9a-f]+|NULL).*\} ---$")]
    private static partial Regex Signal();

    // "1234 1795476423.897799 +++ exited with 3 +++", "… +++ killed by SIGBUS (core dumped) +++"
    [GeneratedRegex(@"^(\d+) +(\d+\.\d+) \+\+\+ (?:exited with (\d+)|(killed by SIG[A-Z0-9]+(?: \(core dumped\))?)) \+\+\+$")]
    private static partial Regex End();

    private ShmCall? ReadEvent(string text)
    {
        if (End().Match(text) is { Success: true } end)
        {
            var process = int.Parse(end.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            _pending.Remove(process);
            // A thread's end is not its process'; and only the end of those that had to do with shared memory matters.
            return _leaders.ContainsKey(process) || !_shown.Contains(process) ? null : new ShmCall
            {
                Time = TimeOf(end.Groups[2].ValueSpan),
                ProcessId = process,
                Call = "exit",
                Result =
                    end.Groups[3].Success ? long.Parse(end.Groups[3].ValueSpan, CultureInfo.InvariantCulture) : null,
                Detail = end.Groups[3].Success ? $"exited with {end.Groups[3].Value}" : end.Groups[4].Value,
            };
        }

        if (Signal().Match(text) is not { Success: true } signal
            || StraceLine.ParseNumber(signal.Groups[4].ValueSpan) is not { } address)
        {
            return null;
        }

        var victim = int.Parse(signal.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        // A fault elsewhere has nothing to do with shared memory: a runtime's null checks are SIGSEGV, by the thousand.
        if (_books.Find(victim, address, 1) is not { } area)
        {
            return null;
        }

        var offset = area.Offset + address - area.Address;
        var name = signal.Groups[3].Value;
        return new ShmCall
        {
            Time = TimeOf(signal.Groups[2].ValueSpan),
            ProcessId = victim,
            Call = name,
            Segment = area.Segment,
            Address = address,
            Detail = $"{name} at {area.Segment} + {Distance(offset)}, {Why(name, area.Segment, offset)}",
        };
    }

    // A thread's process, as far as the trace has seen it begin.
    private int LeaderOf(int process) => _leaders.GetValueOrDefault(process, process);

    private string Why(string signal, string segment, long offset)
    {
        if (signal != "SIGBUS")
        {
            return "which the page does not allow";
        }

        var length = LengthOf?.Invoke(segment) ?? (_lengths.TryGetValue(segment, out var seen) ? seen : null);
        return length is not { } bytes ? "beyond its end, or no memory is left for the page"
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

    private string NoteLength(StraceLine line, string name, string size)
    {
        if (line.Call == "ftruncate" && line.Error is null && Number(size) is { } length)
        {
            _lengths[name] = length;
        }

        return name;
    }

    private static ShmCall? ReadDescriptor(StraceLine line) =>
        DescriptorName(Argument(line.Arguments, 0)) is { } name ? Make(line, name) : null;

    // As long as what was written of it.
    private static ShmCall? ReadWrite(StraceLine line, int descriptor) =>
        DescriptorName(Argument(line.Arguments, descriptor)) is { } name
            ? Make(line, name, length: line.Error is null ? line.Value : null) : null;

    // The name that is new; the old one where only that is an object's.
    private static ShmCall? ReadNewName(StraceLine line, string from, string to) =>
        ReadPath(line, to) ?? ReadPath(line, from);

    private static bool IsSealOrLock(string command) =>
        command is "F_ADD_SEALS" or "F_SETLK" or "F_SETLKW" or "F_OFD_SETLK" or "F_OFD_SETLKW" or "F_SETLEASE";

    private static DateTime TimeOf(ReadOnlySpan<char> text) =>
        StraceLine.TryParseTime(text, out var time) ? time : default;
}
