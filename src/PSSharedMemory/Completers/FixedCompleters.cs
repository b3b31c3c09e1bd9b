using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Completes sizes as people write them.</summary>
public sealed class SizeCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
    [
        ("4KB", "4096 bytes: one page"),
        ("64KB", "65536 bytes"),
        ("1MB", "1048576 bytes"),
        ("16MB", "16777216 bytes"),
        ("1GB", "1073741824 bytes"),
    ];
}

/// <summary>Completes sizes of huge pages.</summary>
public sealed class HugePageSizeCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        [("2MB", "2097152 bytes"), ("1GB", "1073741824 bytes")];
}

/// <summary>Completes times that -OlderThan takes.</summary>
public sealed class AgeCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
    [
        ("0s", "whatever its age"),
        ("30m", "30 minutes"),
        ("1h", "one hour, as if not given"),
        ("12h", "12 hours"),
        ("1d", "one day"),
        ("7d", "one week"),
    ];
}

/// <summary>Completes the names of limits.</summary>
public sealed class LimitNameCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        ShmLimits.Read().Select(static limit => (limit.Name, $"{limit.Name}: {limit.Description}"));
}

/// <summary>Completes the names of origins.</summary>
public sealed class OriginNameCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        ShmOrigins.All.Select(static origin => (origin.Name, $"{origin.Name}: {origin.Description}"));
}

/// <summary>Completes the names of the checks of a host; they are the same on every host.</summary>
public sealed class CheckNameCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        ShmHost.CheckNames.Select(static name => (name, ""));
}

/// <summary>Completes what madvise(2) knows, with what each does.</summary>
public sealed class AdviceCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        Enum.GetValues<ShmAdvice>().Select(static advice => (advice.ToString(), Tooltip(advice)));

    private static string Tooltip(ShmAdvice advice) => advice switch
    {
        ShmAdvice.Normal => "Nothing special: takes back Random and Sequential",
        ShmAdvice.Random => "Pages are used in no order: don't read ahead",
        ShmAdvice.Sequential => "Pages are used in order, and hardly again",
        ShmAdvice.WillNeed => "Pages are used soon: fetch those in swap",
        ShmAdvice.DontNeed => "Pages aren't needed here now; a copy-on-write mapping loses what it wrote",
        ShmAdvice.Remove => "Frees the memory: its bytes become 0 for everybody",
        ShmAdvice.DontFork => "A child made by fork doesn't get the pages",
        ShmAdvice.DoFork => "Takes back DontFork",
        ShmAdvice.Mergeable => "Equal pages may be merged (KSM)",
        ShmAdvice.Unmergeable => "Takes back Mergeable",
        ShmAdvice.HugePage => "Transparent huge pages are wanted",
        ShmAdvice.NoHugePage => "Transparent huge pages aren't wanted",
        ShmAdvice.DontDump => "Left out of core dumps",
        ShmAdvice.DoDump => "Takes back DontDump",
        ShmAdvice.Cold => "Among the first to be swapped out (Linux 5.4)",
        ShmAdvice.PageOut => "Swapped out now (Linux 5.4)",
        ShmAdvice.PopulateRead => "Brought in now, as reading would (Linux 5.14)",
        ShmAdvice.PopulateWrite => "Brought in now, as writing would (Linux 5.14)",
        ShmAdvice.Collapse => "Made huge pages now, as far as possible (Linux 6.1)",
        _ => advice.ToString(),
    };
}
