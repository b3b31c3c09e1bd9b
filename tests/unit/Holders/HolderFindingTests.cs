using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>The judgement alone, on facts that no host need have.</summary>
public class HolderFindingTests
{
    private static HolderFacts Posix(int processes) =>
        new() { Kind = ShmKind.Posix, Processes = processes, Areas = processes };

    private static HolderFacts SysV(long attached, int areas, int processes) =>
        new() { Kind = ShmKind.SysV, AttachCount = attached, Areas = areas, Processes = processes };

    [Fact]
    public void A_System_V_count_is_proved_by_the_kernels_whatever_could_not_be_read()
    {
        var finding =
            HolderFinding.Judge(SysV(3, 3, 2) with { Unreadable = 200, HidesProcesses = true, IsHostView = false });
        Assert.Equal(2, finding.HolderCount);
        Assert.Equal(ShmVerdict.InUse, finding.Verdict);
    }

    [Theory]
    [InlineData(3, 2, 2, ShmVerdict.InUse)]
    [InlineData(1, 0, 0, ShmVerdict.InUse)]
    [InlineData(1, 2, 2, ShmVerdict.InUse)]
    public void A_System_V_count_that_does_not_fit_is_unknown(
        long attached, int areas, int processes, ShmVerdict verdict)
    {
        var finding = HolderFinding.Judge(SysV(attached, areas, processes));
        Assert.Null(finding.HolderCount);
        Assert.Equal(verdict, finding.Verdict);
    }

    [Fact]
    public void No_attached_area_is_unattached_for_an_unprivileged_caller_too()
    {
        var finding = HolderFinding.Judge(SysV(0, 0, 0) with { Unreadable = 99 });
        Assert.Equal(0, finding.HolderCount);
        Assert.Equal(ShmVerdict.Unattached, finding.Verdict);
    }

    [Theory]
    [InlineData(1, false, true)]
    [InlineData(0, true, true)]
    [InlineData(0, false, false)]
    public void No_holder_found_is_never_none_where_something_is_out_of_sight(int unreadable, bool hides, bool hostView)
    {
        foreach (var isPrivileged in new[] { false, true })
        {
            var finding = HolderFinding.Judge(
                Posix(0) with
                {
                    Unreadable = unreadable,
                    HidesProcesses = hides,
                    IsHostView = hostView,
                    IsPrivileged = isPrivileged
                });
            Assert.Null(finding.HolderCount);
            Assert.Equal(ShmVerdict.Unknown, finding.Verdict);
        }
    }

    [Fact]
    public void The_kernels_word_outweighs_what_could_not_be_read()
    {
        var facts = Posix(0) with { Unreadable = 5, IsHostView = false };
        Assert.Equal(ShmVerdict.Unattached, HolderFinding.Judge(facts with { KernelSaysHeld = false }).Verdict);
        Assert.Equal(0, HolderFinding.Judge(facts with { KernelSaysHeld = false }).HolderCount);
    }

    [Fact]
    public void The_kernels_word_outweighs_a_pass_that_saw_all()
    {
        var finding = HolderFinding.Judge(Posix(0) with { KernelSaysHeld = true });
        Assert.Null(finding.HolderCount);
        Assert.Equal(ShmVerdict.InUse, finding.Verdict);
    }

    [Fact]
    public void Some_holders_are_a_count_only_where_no_user_is_out_of_sight()
    {
        Assert.Equal(2, HolderFinding.Judge(Posix(2)).HolderCount);
        Assert.Null(HolderFinding.Judge(Posix(2) with { Unreadable = 1 }).HolderCount);
        Assert.Equal(2, HolderFinding.Judge(Posix(2) with { Unreadable = 1, IsPrivileged = true }).HolderCount);
        Assert.Null(HolderFinding.Judge(Posix(2) with { HidesProcesses = true }).HolderCount);
        Assert.Equal(2, HolderFinding.Judge(Posix(2) with { IsHostView = false }).HolderCount);
    }

    [Fact]
    public void A_removed_one_is_pending_whoever_holds_it() =>
        Assert.Equal(ShmVerdict.RemovalPending, HolderFinding.Judge(SysV(1, 1, 1) with { IsRemoved = true }).Verdict);

    [Fact]
    public void A_creator_has_ended_only_where_its_id_is_free()
    {
        var changed = new DateTime(2026, 1, 1, 12, 0, 0, DateTimeKind.Utc);
        Assert.True(CreatorEvidence.Judge(At(changed.AddHours(-1)), changed, false));
        Assert.True(CreatorEvidence.Judge(At(changed.AddSeconds(30)), changed, false));
        Assert.True(CreatorEvidence.Judge(At(changed.AddHours(1)), null, false));
        Assert.False(CreatorEvidence.Judge(new(HasEnded: true, null), changed, false));
        Assert.Null(CreatorEvidence.Judge(new(HasEnded: true, null), changed, hidesProcesses: true));
        // Another process with its id, or the same one and a clock that was set forward.
        Assert.Null(CreatorEvidence.Judge(At(changed.AddMinutes(2)), changed, false));
        // There, but not to be read.
        Assert.Null(CreatorEvidence.Judge(new(HasEnded: false, null), changed, false));

        static CreatorEvidence.Creator At(DateTime start) => new(HasEnded: false, start);
    }

    [Fact]
    public void Any_sign_of_use_after_the_finding_counts()
    {
        var time = new DateTime(2026, 1, 1, 12, 0, 0, DateTimeKind.Utc);
        var found = new ShmSegment { Kind = ShmKind.SysV, Id = 1, ChangeTime = time };
        Assert.False(ShmOrphans.IsUsedSince(found, new() { Kind = ShmKind.SysV, Id = 1, ChangeTime = time }));
        Assert.True(
            ShmOrphans.IsUsedSince(found, new() { Kind = ShmKind.SysV, Id = 1, ChangeTime = time, DetachTime = time }));
        Assert.True(
            ShmOrphans.IsUsedSince(found, new() { Kind = ShmKind.SysV, Id = 1, ChangeTime = time.AddSeconds(1) }));
        var posix = new ShmSegment { Kind = ShmKind.Posix, Name = "/a", ChangeTime = time, AccessTime = time };
        Assert.True(ShmOrphans.IsUsedSince(
            posix, new() { Kind = ShmKind.Posix, Name = "/a", ChangeTime = time, AccessTime = time.AddSeconds(1) }));
        // Over remoting the access time is lost: that is no sign of use.
        Assert.False(ShmOrphans.IsUsedSince(new() { Kind = ShmKind.Posix, Name = "/a", ChangeTime = time }, posix));
    }

    private static ShmStat Stat(ShmSegment segment, ShmVerdict verdict, bool? creator) =>
        new(segment, [], new HolderFinding(verdict == ShmVerdict.Unattached ? 0 : null, verdict, ["x"]))
        {
            IsCreatorAlive = creator
        };

    [Fact]
    public void An_orphan_needs_every_proof()
    {
        var now = new DateTime(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc);
        var sysv = new ShmSegment
        {
            Kind = ShmKind.SysV,
            Id = 1,
            Size = 1,
            ChangeTime = now.AddHours(-2),
            DetachTime = now.AddMinutes(-30),
            CreatorProcessId = 5
        };
        Assert.Null(ShmOrphans.Objection(Stat(sysv, ShmVerdict.Unattached, false), TimeSpan.Zero, now));
        Assert.NotNull(ShmOrphans.Objection(Stat(sysv, ShmVerdict.Unattached, true), TimeSpan.Zero, now));
        Assert.NotNull(ShmOrphans.Objection(Stat(sysv, ShmVerdict.Unattached, null), TimeSpan.Zero, now));
        Assert.NotNull(ShmOrphans.Objection(Stat(sysv, ShmVerdict.Unknown, false), TimeSpan.Zero, now));
        Assert.NotNull(ShmOrphans.Objection(Stat(sysv, ShmVerdict.InUse, false), TimeSpan.Zero, now));
        Assert.NotNull(ShmOrphans.Objection(Stat(sysv, ShmVerdict.RemovalPending, false), TimeSpan.Zero, now));
        Assert.Null(ShmOrphans.Objection(Stat(sysv, ShmVerdict.Unattached, false), TimeSpan.FromMinutes(30), now));
        Assert.NotNull(ShmOrphans.Objection(Stat(sysv, ShmVerdict.Unattached, false), TimeSpan.FromMinutes(31), now));
        var posix = new ShmSegment { Kind = ShmKind.Posix, Name = "/x", Size = 1, ChangeTime = now.AddHours(-2) };
        Assert.Null(ShmOrphans.Objection(Stat(posix, ShmVerdict.Unattached, null), TimeSpan.FromHours(1), now));
        Assert.NotNull(ShmOrphans.Objection(Stat(posix, ShmVerdict.Unknown, null), TimeSpan.FromHours(1), now));
    }

    [Fact]
    public void What_a_running_server_may_take_up_again_is_no_orphan()
    {
        var segment = new ShmSegment { Kind = ShmKind.Posix, Name = "/PostgreSQL.123", UserId = 26 };
        Assert.NotNull(OriginExceptions.Objection(segment, false, () => [("bash", 26), ("postgres", 26)]));
        Assert.Null(OriginExceptions.Objection(segment, false, () => [("postgres", 27), ("bash", 26)]));
        Assert.NotNull(OriginExceptions.Objection(segment, false, () => null));
        Assert.NotNull(
            OriginExceptions.Objection(new ShmSegment { Kind = ShmKind.Posix, Name = "/sem.x" }, false, () => []));
        Assert.Null(
            OriginExceptions.Objection(new ShmSegment { Kind = ShmKind.Posix, Name = "/sem.x" }, true, () => []));
        Assert.Null(OriginExceptions.Objection(
            new ShmSegment { Kind = ShmKind.Posix, Name = "/mine" }, false,
            () => throw new InvalidOperationException("not asked")));
    }

    [Theory]
    [InlineData("rw", 0)]
    [InlineData("rw,hidepid=0", 0)]
    [InlineData("rw,hidepid=off", 0)]
    [InlineData("rw,hidepid=1,gid=5", 1)]
    [InlineData("rw,hidepid=2", 2)]
    [InlineData("rw,hidepid=invisible", 2)]
    [InlineData("rw,hidepid=ptraceable", 4)]
    [InlineData("rw,hidepid=something-new", 2)]
    public void Hidepid_is_read_in_words_and_numbers(string options, int level) =>
        Assert.Equal(
            level,
            ProcessView.HidePid(System.Text.Encoding.UTF8.GetBytes($"21 1 0:20 / /proc rw - proc proc {options}\n")));

    [Fact]
    public void The_strongest_setting_of_logind_counts()
    {
        var root = Directory.CreateTempSubdirectory("pst-procs-").FullName;
        try
        {
            var files = new HostFiles(root);
            Assert.Null(LogindSettings.ReadRemoveIpc(files).Value);
            Write(root, "run/systemd/system/x", "");
            Write(root, "run/systemd/seats/x", "");
            Assert.Equal((true, null), LogindSettings.ReadRemoveIpc(files));
            Write(root, "etc/systemd/logind.conf", "[Login]\n#RemoveIPC=no\n");
            Assert.True(LogindSettings.ReadRemoveIpc(files).Value);
            Write(root, "usr/lib/systemd/logind.conf.d/10-a.conf", "[Login]\nRemoveIPC=no\n");
            Assert.False(LogindSettings.ReadRemoveIpc(files).Value);
            Write(root, "etc/systemd/logind.conf.d/20-b.conf", "[Other]\nRemoveIPC=no\n[Login]\n RemoveIPC = yes\n");
            Assert.True(LogindSettings.ReadRemoveIpc(files).Value);
            Write(root, "etc/systemd/logind.conf.d/10-a.conf", "");
            Write(root, "etc/systemd/logind.conf.d/20-b.conf", "");
            Assert.Equal((true, null), LogindSettings.ReadRemoveIpc(files));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void The_limit_of_a_control_group_is_found_in_both_versions()
    {
        var root = Directory.CreateTempSubdirectory("pst-procs-").FullName;
        try
        {
            Write(
                root, "proc/self/mountinfo",
                "1 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n2 1 0:2 / /sys/fs/v1 rw - cgroup cgroup "
                    + "rw,memory\n");
            Write(root, "proc/self/cgroup", "0::/a/b\n4:memory:/c\n");
            Write(root, "sys/fs/cgroup/a/b/memory.max", "max\n");
            Write(root, "sys/fs/cgroup/a/b/memory.current", "100\n");
            Write(root, "sys/fs/cgroup/a/memory.max", "1000\n");
            Write(root, "sys/fs/cgroup/a/memory.current", "200\n");
            Write(root, "sys/fs/v1/c/memory.limit_in_bytes", "2000\n");
            Write(root, "sys/fs/v1/c/memory.usage_in_bytes", "500\n");
            Write(root, "sys/fs/v1/memory.limit_in_bytes", "9223372036854771712\n");
            List<ShmLimit> limits = [];
            ShmLimits.AddControlGroups(new HostFiles(root), limits);
            Assert.Equal(["cgroup /a", "cgroup /c"], limits.Select(limit => limit.Name));
            Assert.Equal([20.0, 25.0], limits.Select(limit => limit.Percent!.Value));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void Each_check_can_come_out_bad()
    {
        var bad = new HostFacts
        {
            HasSysV = false,
            ShmType = null,
            ShmMode = (UnixFileMode)0x1FF,
            Limits =
            [
                new ShmLimit { Name = "/dev/shm size", Value = 64 << 20, Use = 63 << 20, Unit = "Bytes" },
                new ShmLimit { Name = "shm_rmid_forced", Value = 1 },
                new ShmLimit { Name = "huge pages 2048kB", Value = 10, Use = 0 },
                new ShmLimit { Name = "RLIMIT_MEMLOCK", Value = 65536 },
                new ShmLimit { Name = "/dev/shm unreadable directories", Use = 1, PartOf = "/dev/shm inodes" },
                new ShmLimit { Name = "/dev/shm unknown", Use = 32 << 20, PartOf = "/dev/shm size" },
            ],
            RemoveIpc = true,
            ShmOptions = "ro",
            Segments = [new ShmSegment { Kind = ShmKind.Posix, Name = "/x", Mode = (UnixFileMode)0x1B6 }],
            HeldRemoved =
                [new ShmAttachment
                {
                    IsRemoved = true,
                    Segment = new ShmSegment { Kind = ShmKind.Posix, Name = "/y", Size = 5L << 30 }
                }],
            HidesProcesses = true,
            CanCopyGuarded = false,
            GuardHindrance = "no executable memory",
        };
        // What is unknown of a file system that may be a disk's is nothing bad.
        List<ShmHostCheck> checks = [
            .. HostChecks.Run(bad).Where(static check => check.Name != "ShmBalance"),
            .. HostChecks.Run(bad with { ShmType = "tmpfs" }).Where(static check => check.Name == "ShmBalance"),
        ];
        Assert.All(checks, check => Assert.NotEqual(ShmCheckResult.Pass, check.Result));
        // Whom a segment is open to, and who still holds a removed one, is no matter of one command.
        Assert.All(
            checks.Where(check => check.Name is not ("WorldWritable" or "RemovedButHeld")),
            check => Assert.False(string.IsNullOrEmpty(check.Fix)));
        Assert.Equal(checks.Count, checks.Select(check => check.Name).Distinct().Count());
        var good = new HostFacts
        {
            ShmType = "tmpfs",
            ShmMountCount = 1,
            ShmMode = (UnixFileMode)0x3FF,
            Limits = [new ShmLimit { Name = "shm_rmid_forced", Value = 0 }],
            StracePath = "/usr/bin/strace"
        };
        Assert.All(
            HostChecks.Run(good),
            check => Assert.True(check.Result == ShmCheckResult.Pass && check.Fix is null, check.Name));
    }

    [Theory]
    [InlineData(4096, 10L << 20, true)]
    [InlineData(4096, 2L << 20, false)]
    [InlineData(9L << 20, 9L << 20, false)]
    [InlineData(4096, null, false)]
    public void Memory_beyond_the_end_of_an_object_is_told(long size, long? allocated, bool isTold)
    {
        var segment = new ShmSegment { Kind = ShmKind.Posix, Name = "/x", Size = size, Allocated = allocated };
        var check = HostChecks.Run(new HostFacts { Segments = [segment] }).Single(one => one.Name == "ShmContents");
        Assert.Equal(isTold ? ShmCheckResult.Warning : ShmCheckResult.Pass, check.Result);
        Assert.Equal(isTold, check.Detail.Contains("/x", StringComparison.Ordinal));
    }

    private static void Write(string root, string path, string text)
    {
        var file = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
