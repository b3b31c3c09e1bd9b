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
        ("0s", "of any age"),
        ("30m", "30 minutes"),
        ("1h", "one hour, the default"),
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
