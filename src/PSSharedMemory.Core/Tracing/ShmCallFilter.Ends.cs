using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PSSharedMemory;

/// <content>Why a process ended: who sent the signal, what the kernel was short of, what the program said.</content>
internal sealed partial class ShmCallFilter
{
    private const int MostWords = 200;
    private const long FirstPage = 4096;

    // The kernel doesn't tell an address that has no meaning to the processor.
    private const long WildAddress = long.MinValue;

    private readonly Dictionary<int, (string Signal, int Sender)> _senders = [];
    private readonly Dictionary<int, string> _words = [];

    /// <summary>
    /// How many processes the kernel has killed for want of memory since the trace began; null where it doesn't count.
    /// </summary>
    public Func<long?>? KilledForMemory { get; init; }

    // "… --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=1234, si_uid=0} ---"
    [GeneratedRegex(
        @"^(\d+) +\d+\.\d+ --- (SIG[A-Z0-9_]+) \{.*si_code=SI_(?:USER|TKILL|QUEUE), si_pid=(\d+),.*\} ---$")]
    private static partial Regex SentSignal();

    // "kill(1234, SIGKILL" and "tgkill(1234, 1235, SIGKILL", also of a call that has not returned.
    [GeneratedRegex(@"\b(?:kill|tkill|tgkill)\((\d+)(?:<[^>]*>)?, (?:\d+(?:<[^>]*>)?, )?(SIG[A-Z0-9_]+)")]
    private static partial Regex SentCall();

    [GeneratedRegex(@"iov_base=""((?:[^""\\]|\\.)*)""")]
    private static partial Regex Parts();

    private void NoteSender(string text)
    {
        if (SentSignal().Match(text) is { Success: true } sent
            && int.TryParse(sent.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var victim)
            && int.TryParse(sent.Groups[3].ValueSpan, CultureInfo.InvariantCulture, out var sender))
        {
            _senders[LeaderOf(victim)] = (sent.Groups[2].Value, sender);
        }
    }

    // SIGKILL comes without a sender; another traced process may have sent it.
    private void NoteKill(int sender, string text)
    {
        if (SentCall().Match(text) is { Success: true } sent
            && int.TryParse(sent.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var victim))
        {
            _senders[LeaderOf(victim)] = (sent.Groups[2].Value, LeaderOf(sender));
        }
    }

    // What a program says last on its error stream is most often why it ends.
    private void NoteWords(StraceLine line)
    {
        if (line.Error is not null || !Argument(line.Arguments, 0).StartsWith("2<", StringComparison.Ordinal))
        {
            return;
        }

        var text = new StringBuilder();
        if (line.Call == "write")
        {
            text.Append(Unquote(Argument(line.Arguments, 1)));
        }
        else
        {
            foreach (Match part in Parts().Matches(line.ArgumentText))
            {
                text.Append(Unescape(part.Groups[1].Value));
            }
        }

        // A line may come in pieces, and empty lines say nothing.
        var process = LeaderOf(line.ProcessId);
        var before = _words.GetValueOrDefault(process, "");
        var said = before.EndsWith('\n') ? text.ToString() : before + text;
        var last = said.TrimEnd('\n');
        if (last.Length > 0)
        {
            last = last[(last.LastIndexOf('\n') + 1)..];
            _words[process] = (last.Length > MostWords ? last[..MostWords] + "…" : last)
                + (said.EndsWith('\n') ? "\n" : "");
        }
    }

    // Behind "killed by SIGABRT" or "exited with 1".
    private string WordsOf(int process) =>
        _words.TryGetValue(process, out var words) && words.Trim() is { Length: > 0 } last
            ? $"; its last words: {last}" : "";

    private string WhyKilled(int process, string signal)
    {
        var sender = _senders.TryGetValue(process, out var sent) && sent.Signal == signal ? sent.Sender : 0;
        if (signal == "SIGKILL" && sender == 0)
        {
            foreach (var (caller, text) in _pending)
            {
                NoteKill(caller, text);
            }

            sender = _senders.TryGetValue(process, out sent) && sent.Signal == signal ? sent.Sender : 0;
        }

        return signal switch
        {
            "SIGABRT" when sender is 0 || sender == process => WordsOf(process),
            "SIGXFSZ" when sender is 0 || sender == process =>
                ": a file would have exceeded the size limit (RLIMIT_FSIZE)",
            "SIGXCPU" when sender is 0 || sender == process =>
                ": it exceeded its limit of processor time (RLIMIT_CPU)",
            _ when sender == process => ", which it sent itself" + WordsOf(process),
            _ when sender > 0 => FormattableString.Invariant($", which process {sender} sent"),
            "SIGKILL" when KilledForMemory?.Invoke() is > 0 =>
                ", apparently because memory was short: the kernel killed processes of the host or of a control "
                    + "group meanwhile (oom_kill in /proc/vmstat)",
            "SIGKILL" => "; who sent it isn't told",
            "SIGSYS" => ": a filter (seccomp) forbids a system call",
            _ => FaultOf(process, signal),
        };
    }

    // Where the fault was that ended a process, when it wasn't in shared memory.
    private string FaultOf(int process, string signal) =>
        !_faults.TryGetValue(process, out var fault) || fault.Signal != signal ? ""
            : signal is not ("SIGSEGV" or "SIGBUS")
                ? FormattableString.Invariant($" at the instruction at 0x{fault.Address:x}")
            : fault.Address == WildAddress ? " at an address that no program can have: a pointer was overwritten"
            : fault.Address == -1 ? " at 0xffffffffffffffff, the address that a failed mmap or shmat returns"
            : fault.Address is >= 0 and < FirstPage
                ? FormattableString.Invariant(
                    $" at 0x{fault.Address:x}: a null pointer, such as a failed sem_open returns")
            : FormattableString.Invariant($" at 0x{fault.Address:x}, where no shared memory is mapped");
}
