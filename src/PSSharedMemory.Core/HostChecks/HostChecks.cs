using System;
using System.Collections.Generic;
using System.IO;
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

    /// <summary>The names of the checks, in their order: the same on every host.</summary>
    public static IReadOnlyList<string> CheckNames { get; } =
    [
        "SysV", "RmidForced", "ShmMount", "ShmMode", "ShmSize", "ShmOptions", "ShmContents", "ShmBalance", "Limits",
        "RemoveIPC", "WorldWritable",
        "RemovedButHeld",
        "HugePages", "LockedMemory", "ProcessVisibility", "GuardedCopy", "Tracing",
    ];

    /// <summary>All checks.</summary>
    public static IEnumerable<ShmHostCheck> Run(HostFacts facts)
    {
        yield return SysV(facts);
        yield return RmidForced(facts);
        yield return ShmMount(facts);
        yield return ShmMode(facts);
        yield return ShmSize(facts);
        yield return ShmOptions(facts);
        yield return ShmContentsCheck.Contents(facts);
        yield return ShmContentsCheck.Balance(facts);
        yield return Limits(facts);
        yield return RemoveIpc(facts);
        yield return WorldWritable(facts);
        yield return RemovedButHeld(facts);
        yield return HugePages(facts);
        yield return LockedMemory(facts);
        yield return Visibility(facts);
        yield return GuardedCopy(facts);
        yield return Tracing(facts);
    }

    internal static ShmHostCheck Pass(string name, string detail) => new() { Name = name, Detail = detail };

    internal static ShmHostCheck Warn(string name, string detail, string? fix) =>
        new() { Name = name, Result = ShmCheckResult.Warning, Detail = detail, Fix = fix };

    private static ShmHostCheck Fail(string name, string detail, string? fix) =>
        new() { Name = name, Result = ShmCheckResult.Fail, Detail = detail, Fix = fix };

    internal static ShmLimit? Limit(HostFacts facts, string name) =>
        facts.Limits.FirstOrDefault(limit => limit.Name == name);

    private static ShmHostCheck SysV(HostFacts facts) => facts.HasSysV
        ? Pass("SysV", "The kernel has System V shared memory.")
        : Fail(
            "SysV", "/proc/sysvipc/shm is missing: there is no System V shared memory.",
            "mount -t proc proc /proc  # and a kernel with CONFIG_SYSVIPC");

    private static ShmHostCheck RmidForced(HostFacts facts) => Limit(facts, "shm_rmid_forced")?.Value is > 0
        ? Warn(
            "RmidForced",
            "kernel.shm_rmid_forced is on: a System V segment vanishes with its last detach or its creator.",
            "sysctl -w kernel.shm_rmid_forced=0")
        : Pass("RmidForced", "System V segments stay until they are removed.");

    private static ShmHostCheck Limits(HostFacts facts)
    {
        const string Name = "Limits";
        List<ShmLimit> near = [.. facts.Limits
            .Where(limit => limit.Percent >= NearlyUsed && !WithoutWarning.Contains(limit.Name)
                && !limit.Name.StartsWith(
                "huge pages", StringComparison.Ordinal))
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
            _ => null,
        };
    }

    private static ShmHostCheck RemoveIpc(HostFacts facts) => facts.RemoveIpc switch
    {
        null => Pass("RemoveIPC", "No logind runs here that would remove a user's segments at logout."),
        false => Pass("RemoveIPC", $"RemoveIPC=no in {facts.RemoveIpcSource}."),
        _ => Warn(
            "RemoveIPC",
            "When the last session of an ordinary user ends, logind removes all of that user's segments "
                + $"(RemoveIPC=yes, {facts.RemoveIpcSource ?? "the default"}).",
            "mkdir -p /etc/systemd/logind.conf.d; printf '[Login]\\nRemoveIPC=no\\n' > "
                + "/etc/systemd/logind.conf.d/zz-removeipc.conf; systemctl restart systemd-logind"),
    };

    private static ShmHostCheck WorldWritable(HostFacts facts)
    {
        const string Name = "WorldWritable";
        List<ShmSegment> open = [.. facts.Segments.Where(segment => (segment.Mode & UnixFileMode.OtherWrite) != 0)];
        if (open.Count == 0)
        {
            return Pass(Name, "No segment can be written by everybody.");
        }

        return Warn(
            Name,
            $"Every user can write to {Plural.Of(open.Count, "segment")}: "
                + Names(open.Select(static segment => segment.ToString())),
            fix: null);
    }

    private static ShmHostCheck RemovedButHeld(HostFacts facts)
    {
        const string Name = "RemovedButHeld";
        if (facts.HeldRemoved.Count == 0)
        {
            return Pass(Name, "Nobody holds a removed segment.");
        }

        List<IGrouping<SegmentKey, ShmAttachment>> segments =
            [.. facts.HeldRemoved.GroupBy(static held => SegmentKey.Of(held.Segment!))];
        // A decimal: sizes of sparse objects may have more bytes together than 64 bits count.
        var bytes = (long)Math.Min(
            segments.Sum(static held => (decimal)(held.First().Segment!.Allocated ?? held.First().Segment!.Size)),
            long.MaxValue);
        // Those that one set of processes holds are one phrase: a program that removes at once has thousands.
        var phrases = segments
            .GroupBy(static held => string.Join(", ", held.Select(Holder).Distinct()))
            .OrderByDescending(static group => group.Count())
            .Select(group => group.Count() == 1
                ? $"{PrintableText.Of(group.First().First().Label)} by {group.Key}"
                : $"{Plural.Of(group.Count(), "segment")} by {group.Key}");
        var detail =
            $"{Plural.Of(segments.Count, "removed segment")} of {Size(bytes)} {(segments.Count == 1 ? "is" : "are")} "
                + $"still held: {Names(phrases, isPrintable: true)}. The memory is free when all holders have ended.";
        return bytes >= MuchRemoved ? Warn(Name, detail, fix: null) : Pass(Name, detail);
    }

    private static string Holder(ShmAttachment held) =>
        FormattableString.Invariant($"{PrintableText.Of(held.Command)}({held.ProcessId})");

    internal static string Size(long bytes) => bytes switch
    {
        < 1L << 20 => FormattableString.Invariant($"{bytes >> 10} KB"),
        < 1L << 30 => FormattableString.Invariant($"{bytes >> 20} MB"),
        _ => FormattableString.Invariant($"{bytes / (double)(1L << 30):0.0} GB"),
    };

    private static ShmHostCheck HugePages(HostFacts facts)
    {
        const string Name = "HugePages";
        List<ShmLimit> pools =
            [.. facts.Limits.Where(limit =>
                limit.Name.StartsWith("huge pages", StringComparison.Ordinal) && limit.Value > 0)];
        if (pools.Count == 0)
        {
            return Pass(
                Name, "No huge pages are set aside; segments with huge pages need them (sysctl vm.nr_hugepages).");
        }

        List<ShmLimit> idle = [.. pools.Where(limit => limit.Use == 0)];
        return idle.Count == 0
            ? Pass(Name, string.Join("; ", pools))
            : Warn(
                Name, $"Nobody uses what is set aside: {string.Join("; ", idle)}.",
                string.Join("; ", idle.Select(static limit => $"echo 0 > {limit.Source}")));
    }

    private static ShmHostCheck LockedMemory(HostFacts facts)
    {
        const string Name = "LockedMemory";
        var limit = Limit(facts, "RLIMIT_MEMLOCK");
        return limit?.Value is { } bytes and < SmallLockLimit && !facts.IsRoot
            ? Warn(
                Name, FormattableString.Invariant($"This process may lock {bytes} bytes and no more."),
                "ulimit -l unlimited  # or a 'memlock' line in /etc/security/limits.conf, or LimitMEMLOCK= of the "
                    + "service")
            : Pass(Name, facts.IsRoot
                ? "root may lock all memory."
                : FormattableString.Invariant($"This process may lock {limit?.Value?.ToString() ?? "all"} bytes."));
    }

    private static ShmHostCheck Visibility(HostFacts facts)
    {
        const string Name = "ProcessVisibility";
        if (facts.HidesProcesses)
        {
            return Warn(
                Name, "/proc is mounted with hidepid: holders of other users are unknown.",
                "mount -o remount,hidepid=0 /proc  # or run as root");
        }

        if (facts.UnreadableProcesses > 0)
        {
            var isOne = facts.UnreadableProcesses == 1;
            return Warn(
                Name,
                $"Could not inspect {facts.UnreadableProcesses} process{(isOne ? "" : "es")}: "
                    + $"what {(isOne ? "it holds" : "they hold")} is unknown."
                    + (facts.IsRoot ? $" The kernel shields {(isOne ? "it" : "them")} even from root." : ""),
                facts.IsRoot ? null : "sudo pwsh  # or CAP_SYS_PTRACE");
        }

        return facts.IsHostView
            ? Pass(Name, "All processes can be read.")
            : Warn(
                Name, "This is a container's process namespace: processes outside are not seen.",
                "docker run --pid=host  # or run on the host");
    }

    private static ShmHostCheck GuardedCopy(HostFacts facts)
    {
        const string Name = "GuardedCopy";
        if (facts.GuardHindrance is not { } why)
        {
            return Pass(Name, "The fault guard stands: memory that vanishes is an error, not a crash.");
        }

        const string Rest = "AsSpan, atomic operations and locks need memory that cannot shrink";
        return facts.CanCopyGuarded
            ? Warn(
                Name, $"The kernel copies what could vanish (process_vm_readv), which is slower: {why}.",
                $"Nothing to fix; {Rest}.")
            : Warn(
                Name,
                $"What could vanish is copied through a pipe, each byte twice: {why}, and process_vm_readv is refused, "
                    + "probably by a seccomp filter.",
                "docker run --cap-add=SYS_PTRACE  # or a seccomp profile that allows process_vm_readv and "
                    + $"process_vm_writev; {Rest}");
    }

    private static ShmHostCheck Tracing(HostFacts facts)
    {
        const string Name = "Tracing";
        if (facts.StracePath is null)
        {
            return Warn(
                Name, "strace is not installed: calls cannot be traced.",
                "apt install strace  # dnf, apk and zypper call it the same");
        }

        if (facts.PtraceScope == 3)
        {
            return Warn(
                Name, "kernel.yama.ptrace_scope is 3: nobody can trace.",
                "echo kernel.yama.ptrace_scope=1 > /etc/sysctl.d/10-ptrace.conf; reboot  # it cannot be lowered from "
                    + "3");
        }

        return facts.PtraceScope >= 1 && !facts.IsRoot
            ? Warn(
                Name,
                FormattableString.Invariant(
                    $"kernel.yama.ptrace_scope is {facts.PtraceScope}: only programs that the tracer starts can be traced, not running ones."),
                "sysctl -w kernel.yama.ptrace_scope=0  # or run as root")
            : Pass(Name, $"{facts.StracePath} can trace.");
    }

    internal static string Names(IEnumerable<string> names, bool isPrintable = false)
    {
        string[] first = [.. names.Take(4).Select(name => isPrintable ? name : PrintableText.Of(name))];
        return first.Length < 4 ? string.Join(", ", first) : string.Join(", ", first[..3]) + ", …";
    }
}
