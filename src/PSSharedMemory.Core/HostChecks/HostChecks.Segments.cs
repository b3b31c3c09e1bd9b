using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace PSSharedMemory;

/// <content>System V, and the segments that there are.</content>
internal static partial class HostChecks
{
    private static ShmHostCheck SysV(HostFacts facts)
    {
        const string Name = "SysV";
        return !facts.HasSysV
            ? Fail(
                Name, "The kernel has no System V shared memory (shmctl: ENOSYS).",
                "Boot a kernel with CONFIG_SYSVIPC=y.")
            : facts.HasSysVTable
                ? Pass(Name, "The kernel has System V shared memory.")
                : Warn(
                    Name,
                    "The kernel has System V shared memory, but /proc/sysvipc/shm is hidden: how much memory segments "
                        + "take is unknown.",
                    "mount -o remount,subset= /proc  # or a container that doesn't mask /proc/sysvipc");
    }

    private static ShmHostCheck RmidForced(HostFacts facts) => Limit(facts, "shm_rmid_forced")?.Value switch
    {
        null when facts.HasSysV => Warn(
            "RmidForced",
            "Whether kernel.shm_rmid_forced is on is unknown: /proc/sys/kernel/shm_rmid_forced cannot be read.",
            "mount -o remount,subset= /proc  # or a container that doesn't mask /proc/sys"),
        > 0 => Warn(
            "RmidForced",
            "kernel.shm_rmid_forced is on: a System V segment vanishes with its last detach or its creator.",
            "sysctl -w kernel.shm_rmid_forced=0"),
        _ => Pass("RmidForced", "System V segments stay until they are removed."),
    };

    private static ShmHostCheck RemoveIpc(HostFacts facts) => facts.RemoveIpc switch
    {
        null => Pass("RemoveIPC", "No logind runs here, so nothing removes a user's segments at logout."),
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
            return facts.Unlisted.Count == 0
                ? Pass(Name, "No segment is writable for everyone.")
                : Unlisted(Name, facts.Unlisted.Values.First());
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
            return Pass(Name, facts is { HidesProcesses: false, UnreadableProcesses: 0 }
                ? "Nobody holds a removed segment."
                : "No process that can be read holds a removed segment.");
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
}
