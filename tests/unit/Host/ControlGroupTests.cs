using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>Control groups of version 2 as containers and units have them, in trees that no host need have.</summary>
public sealed class ControlGroupTests : IDisposable
{
    private const string Folder = "sys/fs/cgroup/pod/app";
    private readonly string _root = Directory.CreateTempSubdirectory().FullName;

    public ControlGroupTests()
    {
        Write("proc/self/mountinfo", "1 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        Write("proc/self/cgroup", "0::/pod/app\n");
        Write("proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 900000 kB\nSwapTotal: 1000 kB\nSwapFree: 1000 kB\n");
        Write("sys/fs/cgroup/pod/memory.max", "max\n");
        Write($"{Folder}/memory.max", "1000000\n");
        Write($"{Folder}/memory.current", "950000\n");
        Write($"{Folder}/memory.stat", "shmem 100000\ninactive_file 700000\nfile_dirty 50000\nfile_writeback 0\n");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Cache_that_the_kernel_takes_back_does_not_fill_a_limit()
    {
        var limit = Limits()["cgroup /pod/app"];
        Assert.Equal((1000000UL, 300000UL), (limit.Value, limit.Use));
        Assert.Equal(ShmCheckResult.Pass, LimitsCheck().Result);
        Assert.Equal(700000, MemoryHeadroom.Read(Files()).Bytes! - 1024000);
    }

    [Fact]
    public void A_limit_that_will_kill_is_told_with_what_raises_it()
    {
        Write($"{Folder}/memory.stat", "shmem 900000\ninactive_file 0\n");
        var check = LimitsCheck();
        Assert.Equal(ShmCheckResult.Fail, check.Result);
        Assert.Contains("cgroup /pod/app is 95 % used", check.Detail, StringComparison.Ordinal);
        Assert.Equal(
            "echo 1500001 > /sys/fs/cgroup/pod/app/memory.max  # or MemoryMax= of the unit, --memory of the container",
            check.Fix);
    }

    [Theory]
    [InlineData("0", false)]
    [InlineData("1", true)]
    public void A_limit_says_whether_one_process_is_killed_or_all(string group, bool isAll)
    {
        Write($"{Folder}/memory.oom.group", group + "\n");
        var description = Limits()["cgroup /pod/app"].Description;
        Assert.Equal(isAll, description.Contains("memory.oom.group", StringComparison.Ordinal));
    }

    [Fact]
    public void Swap_that_a_group_may_not_have_is_no_room()
    {
        Write($"{Folder}/memory.swap.max", "0\n");
        Assert.Equal(700000, MemoryHeadroom.Read(Files()).Bytes);
        Write($"{Folder}/memory.swap.max", "200000\n");
        Write($"{Folder}/memory.swap.current", "150000\n");
        Assert.Equal(750000, MemoryHeadroom.Read(Files()).Bytes);
    }

    [Theory]
    [InlineData("max", "0", "0", 700000)]
    [InlineData("500000", "200000", "120000", 780000)]
    [InlineData("30000", "200000", "120000", 730000)]
    [InlineData("max", "max", "120000", 700000 + 1024000)]
    public void Swap_that_a_group_above_may_not_have_is_no_room_either(string own, string above, string used, long room)
    {
        Write($"{Folder}/memory.swap.max", own + "\n");
        Write("sys/fs/cgroup/pod/memory.swap.max", above + "\n");
        Write("sys/fs/cgroup/pod/memory.swap.current", used + "\n");
        Assert.Equal(room, MemoryHeadroom.Read(Files()).Bytes);
    }

    [Theory]
    [InlineData("64KB", 16)]
    [InlineData("2MB", 21)]
    [InlineData("512MB", 29)]
    [InlineData("1GB", 30)]
    [InlineData("16GB", 34)]
    public void The_largest_number_of_version_1_is_no_limit_of_huge_pages_of_any_size(string size, int bits)
    {
        Write("proc/self/mountinfo", "2 1 0:2 / /sys/fs/huge rw - cgroup cgroup rw,hugetlb\n");
        Write("proc/self/cgroup", "3:hugetlb:/batch\n");
        Write(
            $"sys/fs/huge/batch/hugetlb.{size}.limit_in_bytes",
            FormattableString.Invariant($"{long.MaxValue >> bits << bits}\n"));
        Assert.Empty(Limits());
    }

    [Fact]
    public void A_bound_that_slows_down_is_a_limit_of_its_own()
    {
        Assert.DoesNotContain("cgroup /pod/app high", Limits().Keys);
        Write($"{Folder}/memory.high", "400000\n");
        var limit = Limits()["cgroup /pod/app high"];
        Assert.Equal((400000UL, 300000UL), (limit.Value, limit.Use));
        Assert.Equal("/sys/fs/cgroup/pod/app/memory.high", limit.Source);
    }

    [Fact]
    public void Huge_pages_have_limits_of_their_own_in_both_versions()
    {
        Write("proc/self/mountinfo", "1 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
            + "2 1 0:2 / /sys/fs/huge rw - cgroup cgroup rw,hugetlb\n");
        Write("proc/self/cgroup", "0::/pod/app\n3:hugetlb:/batch\n");
        Write($"{Folder}/hugetlb.2MB.max", "4194304\n");
        Write($"{Folder}/hugetlb.2MB.current", "2097152\n");
        Write($"{Folder}/hugetlb.2MB.rsvd.max", "1\n");
        Write($"{Folder}/hugetlb.1GB.max", "max\n");
        Write("sys/fs/huge/batch/hugetlb.1GB.limit_in_bytes", "0\n");
        Write("sys/fs/huge/batch/hugetlb.1GB.usage_in_bytes", "0\n");
        Write("sys/fs/huge/batch/hugetlb.2MB.limit_in_bytes", "9223372036853727232\n");
        var limits = Limits();
        Assert.Equal(
            ["cgroup /batch huge pages 1GB", "cgroup /pod/app huge pages 2MB"],
            limits.Keys.Where(static name => name.Contains("huge", StringComparison.Ordinal)).Order());
        var limit = limits["cgroup /pod/app huge pages 2MB"];
        Assert.Equal((4194304UL, 2097152UL), (limit.Value, limit.Use));
    }

    private HostFiles Files() => new(_root);

    private Dictionary<string, ShmLimit> Limits()
    {
        List<ShmLimit> limits = [];
        ShmLimits.AddControlGroups(Files(), limits);
        return limits.ToDictionary(static limit => limit.Name);
    }

    private ShmHostCheck LimitsCheck() =>
        HostChecks.Run(new HostFacts { Limits = [.. Limits().Values] }, ["Limits"]).Single();

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
