using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace PSSharedMemory;

/// <summary>The checks of a host: what each finds good, doubtful or broken, and what mends it. Facts in, verdicts out.</summary>
internal static class HostChecks
{
    private const double NearlyUsed = 80;
    private const double AlmostUsed = 95;
    private const ulong ContainerDefault = 64UL << 20;
    private const ulong SmallLockLimit = 8UL << 20;
    private const long MuchRemoved = 1L << 20;

    // Their use is no filling up: a largest size, a switch, or a pool that is there to be used.
    private static readonly string[] WithoutWarning = ["SHMMAX", "shm_rmid_forced", "vm.overcommit_memory", "CommitLimit", "memory"];

    /// <summary>All checks.</summary>
    public static IEnumerable<ShmHostCheck> Run(HostFacts facts)
    {
        yield return SysV(facts);
        yield return RmidForced(facts);
        yield return ShmMount(facts);
        yield return ShmMode(facts);
        yield return ShmSize(facts);
        yield return ShmOptions(facts);
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

    private static ShmHostCheck Pass(string name, string detail) => new() { Name = name, Detail = detail };

    private static ShmHostCheck Warn(string name, string detail, string fix) =>
        new() { Name = name, Result = ShmCheckResult.Warning, Detail = detail, Fix = fix };

    private static ShmHostCheck Fail(string name, string detail, string fix) =>
        new() { Name = name, Result = ShmCheckResult.Fail, Detail = detail, Fix = fix };

    private static ShmLimit? Limit(HostFacts facts, string name) => facts.Limits.FirstOrDefault(limit => limit.Name == name);

    private static ShmHostCheck SysV(HostFacts facts) => facts.HasSysV
        ? Pass("SysV", "The kernel has System V shared memory.")
        : Fail("SysV", "/proc/sysvipc/shm is missing: there is no System V shared memory.", "Mount /proc, and use a kernel with CONFIG_SYSVIPC.");

    private static ShmHostCheck RmidForced(HostFacts facts) => Limit(facts, "shm_rmid_forced")?.Value is > 0
        ? Warn("RmidForced", "kernel.shm_rmid_forced is on: a System V segment vanishes with its last detach or its creator.", "sysctl -w kernel.shm_rmid_forced=0")
        : Pass("RmidForced", "System V segments stay until they are removed.");

    private static ShmHostCheck ShmMount(HostFacts facts)
    {
        const string Name = "ShmMount";
        if (facts.ShmType == null)
        {
            return Fail(Name, "Nothing is mounted at /dev/shm: POSIX objects would be files on a disk, or fail.", "mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm");
        }

        if (facts.ShmType != "tmpfs")
        {
            return Fail(Name, $"/dev/shm is {facts.ShmType}, not tmpfs.", "umount /dev/shm; mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm");
        }

        return facts.ShmMountCount > 1
            ? Warn(Name, $"{facts.ShmMountCount} file systems are mounted at /dev/shm: objects in the covered ones have no name any more, but take memory.", "umount /dev/shm, once for each that is too many, when nobody uses it.")
            : Pass(Name, "/dev/shm is a tmpfs.");
    }

    private static ShmHostCheck ShmMode(HostFacts facts)
    {
        const string Name = "ShmMode";
        const string Fix = "chown root:root /dev/shm; chmod 1777 /dev/shm";
        if (facts.ShmMode is not { } mode)
        {
            return Fail(Name, "/dev/shm cannot be looked at.", Fix);
        }

        var octal = Convert.ToString((int)mode, 8);
        if ((mode & UnixFileMode.OtherWrite) != 0 && (mode & UnixFileMode.StickyBit) == 0)
        {
            return Fail(Name, $"/dev/shm has mode {octal} without the sticky bit: every user can remove and replace everybody's objects.", Fix);
        }

        if ((mode & UnixFileMode.OtherWrite) == 0)
        {
            return Warn(Name, $"/dev/shm has mode {octal}: not every user can make objects.", Fix);
        }

        return facts.ShmIsRoots switch
        {
            true => Pass(Name, $"/dev/shm has mode {octal} and belongs to root."),
            false => Fail(Name, "/dev/shm does not belong to root: its owner can remove everybody's objects.", Fix),
            null => Pass(Name, $"/dev/shm has mode {octal}; its owner is no user of this user namespace."),
        };
    }

    private static ShmHostCheck ShmSize(HostFacts facts)
    {
        const string Name = "ShmSize";
        var limit = Limit(facts, "/dev/shm size");
        if (limit?.Value is not { } size)
        {
            return Pass(Name, "/dev/shm has no size limit of its own.");
        }

        var megabytes = FormattableString.Invariant($"{size >> 20} MB");
        return size <= ContainerDefault
            ? Warn(Name, $"/dev/shm has {megabytes}: the default of containers, too small for databases and browsers.", "docker run --shm-size=1g (Kubernetes: an emptyDir with medium: Memory at /dev/shm), or mount -o remount,size=1g /dev/shm")
            : Pass(Name, $"/dev/shm has {megabytes}.");
    }

    private static ShmHostCheck ShmOptions(HostFacts facts)
    {
        const string Name = "ShmOptions";
        var options = facts.ShmOptions.Split(',');
        if (options.Contains("ro"))
        {
            return Fail(Name, "/dev/shm is mounted read-only.", "mount -o remount,rw /dev/shm");
        }

        return Pass(Name, options.Contains("noexec")
            ? "/dev/shm is mounted noexec: a mapping with Execute is refused."
            : "/dev/shm can be written.");
    }

    private static ShmHostCheck Limits(HostFacts facts)
    {
        const string Name = "Limits";
        List<ShmLimit> near = [.. facts.Limits
            .Where(limit => limit.Percent >= NearlyUsed && !WithoutWarning.Contains(limit.Name) && !limit.Name.StartsWith("huge pages", StringComparison.Ordinal))
            .OrderByDescending(limit => limit.Percent)];
        if (Limit(facts, "vm.overcommit_memory")?.Value == 2 && Limit(facts, "CommitLimit") is { Percent: >= NearlyUsed } commit)
        {
            near.Add(commit);
        }

        if (near.Count == 0)
        {
            return Pass(Name, FormattableString.Invariant($"No limit is used by {NearlyUsed} % or more."));
        }

        var detail = string.Join("; ", near.Select(limit => FormattableString.Invariant($"{limit.Name} is used by {limit.Percent} %")));
        var fix = string.Join("; ", near.Select(limit => $"{limit.Name}: {limit.Source}")) + "; Find-ShmOrphan finds what nobody uses.";
        return near[0].Percent >= AlmostUsed ? Fail(Name, detail, fix) : Warn(Name, detail, fix);
    }

    private static ShmHostCheck RemoveIpc(HostFacts facts) => facts.RemoveIpc switch
    {
        null => Pass("RemoveIPC", "No logind runs here that would remove a user's segments at logout."),
        false => Pass("RemoveIPC", $"RemoveIPC=no in {facts.RemoveIpcSource}."),
        _ => Warn(
            "RemoveIPC",
            $"logind removes all segments of a user who is no system user when the last session ends (RemoveIPC=yes, {facts.RemoveIpcSource ?? "the default"}).",
            "mkdir -p /etc/systemd/logind.conf.d; printf '[Login]\\nRemoveIPC=no\\n' > /etc/systemd/logind.conf.d/zz-removeipc.conf; systemctl restart systemd-logind"),
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
            FormattableString.Invariant($"{open.Count} can be written by every user: {Names(open.Select(segment => segment.ToString()))}"),
            "Get-ShmSegment | Where-Object { $_.Mode -band 'OtherWrite' } | Set-ShmSegment -Mode 0600, or 0660 with a group.");
    }

    private static ShmHostCheck RemovedButHeld(HostFacts facts)
    {
        const string Name = "RemovedButHeld";
        var bytes = facts.HeldRemoved.Sum(attachment => attachment.Segment!.Allocated ?? attachment.Segment.Size);
        if (facts.HeldRemoved.Count == 0)
        {
            return Pass(Name, "No removed segment is held.");
        }

        var detail = FormattableString.Invariant($"{facts.HeldRemoved.Count} removed segments with {bytes} bytes are held: {Names(facts.HeldRemoved.Select(a => $"{a.Label} by {a.ProcessName} ({a.ProcessId})"))}");
        return bytes >= MuchRemoved
            ? Warn(Name, detail, "Get-ShmAttachment | Where-Object IsRemoved shows the holders; their end frees the memory.")
            : Pass(Name, detail);
    }

    private static ShmHostCheck HugePages(HostFacts facts)
    {
        const string Name = "HugePages";
        List<ShmLimit> pools = [.. facts.Limits.Where(limit => limit.Name.StartsWith("huge pages", StringComparison.Ordinal) && limit.Value > 0)];
        if (pools.Count == 0)
        {
            return Pass(Name, "No huge pages are set aside: New-ShmSegment -HugePageSize needs them (sysctl vm.nr_hugepages).");
        }

        List<ShmLimit> idle = [.. pools.Where(limit => limit.Use == 0)];
        return idle.Count == 0
            ? Pass(Name, string.Join("; ", pools))
            : Warn(Name, $"Set aside, and used by nobody: {string.Join("; ", idle)}.", "sysctl -w vm.nr_hugepages=0, or for one size its nr_hugepages in /sys/kernel/mm/hugepages");
    }

    private static ShmHostCheck LockedMemory(HostFacts facts)
    {
        const string Name = "LockedMemory";
        var limit = Limit(facts, "RLIMIT_MEMLOCK");
        return limit?.Value is { } bytes and < SmallLockLimit && !facts.IsRoot
            ? Warn(Name, FormattableString.Invariant($"This process may lock {bytes} bytes: -Lock fails beyond that."), "ulimit -l unlimited, a 'memlock' line in /etc/security/limits.conf, or LimitMEMLOCK= of the service")
            : Pass(Name, facts.IsRoot ? "root may lock all memory." : FormattableString.Invariant($"This process may lock {limit?.Value?.ToString() ?? "all"} bytes."));
    }

    private static ShmHostCheck Visibility(HostFacts facts)
    {
        const string Name = "ProcessVisibility";
        if (facts.HidesProcesses)
        {
            return Warn(Name, "/proc is mounted with hidepid: holders of other users are unknown.", "Run as root, or mount -o remount,hidepid=0 /proc");
        }

        if (facts.UnreadableProcesses > 0)
        {
            return Warn(Name, FormattableString.Invariant($"{facts.UnreadableProcesses} processes may not be read: what they hold is unknown."), facts.IsRoot ? "The kernel shields them even from root (another security domain); nothing to do but to know it." : "Run as root, or with CAP_SYS_PTRACE.");
        }

        return facts.IsHostView
            ? Pass(Name, "All processes can be read.")
            : Warn(Name, "This is a container's process namespace: processes outside are not seen.", "Run on the host, or in a container with its process namespace (docker run --pid=host).");
    }

    private static ShmHostCheck GuardedCopy(HostFacts facts) => facts.CanCopyGuarded
        ? Pass("GuardedCopy", "process_vm_readv works: memory that vanishes is an error, not a crash.")
        : Warn("GuardedCopy", "process_vm_readv is refused, by a seccomp filter it seems.", "docker run --cap-add=SYS_PTRACE, or a seccomp profile that allows process_vm_readv and process_vm_writev");

    private static ShmHostCheck Tracing(HostFacts facts)
    {
        const string Name = "Tracing";
        if (facts.StracePath == null)
        {
            return Warn(Name, "strace is not installed: Trace-ShmCall needs it.", "apt install strace (dnf, apk, zypper: the package has the same name)");
        }

        if (facts.PtraceScope == 3)
        {
            return Warn(Name, "kernel.yama.ptrace_scope is 3: nobody can trace.", "sysctl kernel.yama.ptrace_scope cannot be lowered from 3: set it to 1 in /etc/sysctl.d and restart the host.");
        }

        return facts.PtraceScope >= 1 && !facts.IsRoot
            ? Warn(Name, FormattableString.Invariant($"kernel.yama.ptrace_scope is {facts.PtraceScope}: Trace-ShmCall traces what it starts, no running process."), "Run as root, or sysctl -w kernel.yama.ptrace_scope=0")
            : Pass(Name, $"{facts.StracePath} can trace.");
    }

    private static string Names(IEnumerable<string> names)
    {
        string[] first = [.. names.Take(4).Select(static name => PrintableText.Of(name))];
        return first.Length < 4 ? string.Join(", ", first) : string.Join(", ", first[..3]) + ", …";
    }
}
