using System;
using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory;

/// <summary>
/// The checks of a host: what each finds good, doubtful or broken, and what mends it. Facts in, verdicts out.
/// </summary>
internal static partial class HostChecks
{
    private const double NearlyUsed = 80;
    private const double AlmostUsed = 95;
    private const ulong ContainerDefault = 64UL << 20;
    private const ulong SmallLockLimit = 8UL << 20;
    private const long MuchRemoved = 64L << 20;

    // Using them up is normal: a largest size, a switch, or a pool that is there to be used.
    private static readonly string[] WithoutWarning =
        ["SHMMAX", "shm_rmid_forced", "vm.overcommit_memory", "CommitLimit", "memory"];

    // In the order of the answers, each with what it goes by.
    private static readonly (string Name, HostFactKinds Facts, Func<HostFacts, ShmHostCheck> Run)[] Checks =
    [
        ("SysV", HostFactKinds.None, SysV),
        ("RmidForced", HostFactKinds.Limits, RmidForced),
        ("ShmMount", HostFactKinds.Mount, ShmMount),
        ("ShmMode", HostFactKinds.Mount, ShmMode),
        ("ShmSize", HostFactKinds.Mount | HostFactKinds.Limits, ShmSize),
        ("ShmOptions", HostFactKinds.Mount, ShmOptions),
        ("ShmContents", HostFactKinds.Limits | HostFactKinds.Segments, ShmContents),
        ("ShmBalance", HostFactKinds.Mount | HostFactKinds.Segments | HostFactKinds.Balance, ShmBalance),
        ("Limits", HostFactKinds.Limits, Limits),
        ("RemoveIPC", HostFactKinds.None, RemoveIpc),
        ("WorldWritable", HostFactKinds.Segments, WorldWritable),
        ("RemovedButHeld", HostFactKinds.Processes, RemovedButHeld),
        ("HugePages", HostFactKinds.Limits, HugePages),
        ("LockedMemory", HostFactKinds.Limits, LockedMemory),
        ("ProcessVisibility", HostFactKinds.Processes, Visibility),
        ("GuardedCopy", HostFactKinds.None, GuardedCopy),
        ("Tracing", HostFactKinds.None, Tracing),
    ];

    /// <summary>The names of the checks, in their order: the same on every host.</summary>
    public static IReadOnlyList<string> CheckNames { get; } = [.. Checks.Select(static check => check.Name)];

    /// <summary>What some of the checks go by.</summary>
    public static HostFactKinds FactsOf(IReadOnlyCollection<string> names) =>
        Checks.Where(check => names.Contains(check.Name))
            .Aggregate(HostFactKinds.None, static (facts, check) => facts | check.Facts);

    /// <summary>Those checks, or all.</summary>
    public static IEnumerable<ShmHostCheck> Run(HostFacts facts, IReadOnlyCollection<string>? names = null) =>
        Checks.Where(check => names?.Contains(check.Name) != false).Select(check => check.Run(facts));

    private static ShmHostCheck Pass(string name, string detail) => new() { Name = name, Detail = detail };

    private static ShmHostCheck Warn(string name, string detail, string? fix) =>
        new() { Name = name, Result = ShmCheckResult.Warning, Detail = detail, Fix = fix };

    private static ShmHostCheck Fail(string name, string detail, string? fix) =>
        new() { Name = name, Result = ShmCheckResult.Fail, Detail = detail, Fix = fix };

    private static ShmLimit? Limit(HostFacts facts, string name) =>
        facts.Limits.FirstOrDefault(limit => limit.Name == name);

    private static ShmHostCheck Limits(HostFacts facts)
    {
        const string Name = "Limits";
        List<ShmLimit> near = [.. facts.Limits
            .Where(limit => limit.Percent >= NearlyUsed && !WithoutWarning.Contains(limit.Name)
                && !limit.Name.StartsWith("huge pages", StringComparison.Ordinal))
            .OrderByDescending(limit => limit.Percent)];
        if (Limit(facts, "vm.overcommit_memory")?.Value == 2
            && Limit(facts, "CommitLimit") is { Percent: >= NearlyUsed } commit)
        {
            near.Add(commit);
        }

        if (near.Count == 0)
        {
            return Pass(
                Name, FormattableString.Invariant(
                    $"Less than {NearlyUsed} % of every limit is used (huge pages are checked on their own)."));
        }

        var detail = string.Join(
            "; ", near.Select(limit => FormattableString.Invariant($"{limit.Name} is {limit.Percent} % used")));
        string[] fixes = [.. near.Select(Raise).OfType<string>()];
        var fix = fixes.Length == 0 ? null : string.Join("; ", fixes);
        return near[0].Percent >= AlmostUsed ? Fail(Name, detail, fix) : Warn(Name, detail, fix);
    }

    // Half as much again, as a command that can be pasted.
    private static string? Raise(ShmLimit limit)
    {
        var more = limit.Value is { } value and < ulong.MaxValue / 2 ? value + (value / 2) + 1 : 0;
        return limit.Name switch
        {
            "SHMALL" or "SHMMNI" =>
                FormattableString.Invariant($"sysctl -w kernel.{limit.Name.ToLowerInvariant()}={more}"),
            "vm.max_map_count" => FormattableString.Invariant($"sysctl -w vm.max_map_count={more}"),
            "/dev/shm size" => FormattableString.Invariant($"mount -o remount,size={(more >> 20) + 1}m /dev/shm"),
            "/dev/shm inodes" => FormattableString.Invariant($"mount -o remount,nr_inodes={more} /dev/shm"),
            "RLIMIT_MEMLOCK" => "ulimit -l unlimited",
            "RLIMIT_NOFILE" => FormattableString.Invariant($"ulimit -n {more}"),
            "RLIMIT_AS" => "ulimit -v unlimited",
            "CommitLimit" => "sysctl -w vm.overcommit_memory=0",
            // The whole limit stands beside what shared memory takes of it.
            _ when limit.Name.StartsWith("cgroup ", StringComparison.Ordinal) => limit.Name.EndsWith(
                " shmem", StringComparison.Ordinal) ? null : FormattableString.Invariant(
                $"echo {more} > {limit.Source}  # or MemoryMax= of the unit, --memory of the container"),
            _ => null,
        };
    }

    private static ShmHostCheck HugePages(HostFacts facts)
    {
        const string Name = "HugePages";
        List<ShmLimit> pools =
            [.. facts.Limits.Where(limit =>
                limit.Name.StartsWith("huge pages", StringComparison.Ordinal) && limit.Value > 0)];
        if (pools.Count == 0)
        {
            return Pass(
                Name, facts.HasHugePageFiles
                    ? "No huge pages are set aside; segments with huge pages need them (sysctl vm.nr_hugepages)."
                    : "Whether huge pages are set aside is unknown: /sys/kernel/mm/hugepages isn't there.");
        }

        List<ShmLimit> idle = [.. pools.Where(limit => limit.Use == 0)];
        return idle.Count == 0
            ? Pass(Name, string.Join("; ", pools))
            : Warn(
                Name, $"Nobody uses what is set aside: {string.Join("; ", idle)}.",
                string.Join("; ", idle.Select(static limit => $"echo 0 > {limit.Source}")));
    }

    internal static string Size(long bytes) => bytes switch
    {
        < 1L << 20 => FormattableString.Invariant($"{bytes >> 10} KB"),
        < 1L << 30 => FormattableString.Invariant($"{bytes >> 20} MB"),
        _ => FormattableString.Invariant($"{bytes / (double)(1L << 30):0.0} GB"),
    };

    private static string Names(IEnumerable<string> names, bool isPrintable = false)
    {
        string[] first = [.. names.Take(4).Select(name => isPrintable ? name : PrintableText.Of(name))];
        return first.Length < 4 ? string.Join(", ", first) : string.Join(", ", first[..3]) + ", …";
    }
}
