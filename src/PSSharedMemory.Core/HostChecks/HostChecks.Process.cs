using System;

namespace PSSharedMemory;

/// <content>What this process may lock, see, copy and trace.</content>
internal static partial class HostChecks
{
    private static ShmHostCheck LockedMemory(HostFacts facts)
    {
        const string Name = "LockedMemory";
        var limit = Limit(facts, "RLIMIT_MEMLOCK");
        return limit?.Value is { } bytes and < SmallLockLimit && !facts.IsRoot
            ? Warn(
                Name, FormattableString.Invariant($"This process may lock only {bytes} bytes."),
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
            return Pass(Name, "The fault guard is on: memory that vanishes is an error, not a crash.");
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
                FormattableString.Invariant($"kernel.yama.ptrace_scope is {facts.PtraceScope}: only programs that ")
                    + "the tracer starts can be traced, not running ones.",
                "sysctl -w kernel.yama.ptrace_scope=0  # or run as root")
            : Pass(Name, $"{facts.StracePath} can trace.");
    }
}
