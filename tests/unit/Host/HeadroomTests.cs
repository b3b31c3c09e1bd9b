using System;
using System.IO;
using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>How much memory is left, on hosts that are folders of files.</summary>
public sealed class HeadroomTests : IDisposable
{
    private const long Unlimited = long.MaxValue / 4096 * 4096;

    private readonly string _root = Directory.CreateTempSubdirectory("pst-headroom-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Without_groups_it_is_what_the_host_has_and_its_swap()
    {
        Write("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    3000 kB\nSwapTotal: 8 kB\nSwapFree:  1 kB\n");
        Assert.Equal(new MemoryHeadroom(3001 * 1024, null), Read());
    }

    [Fact]
    public void Where_nothing_says_it_is_unknown() => Assert.Null(Read().Bytes);

    [Theory]
    [InlineData("/a/b", "/a/b", 300)]
    [InlineData("/a", "/a", 350)]
    [InlineData("/", null, 1024_000)]
    [InlineData("/a/b/gone/too", "/a/b", 300)]
    public void The_tightest_group_of_the_unified_tree_counts(string group, string? tightest, long bytes)
    {
        Write("proc/meminfo", "MemAvailable: 1000 kB\nSwapFree: 0 kB\n");
        Write(
            "proc/self/mountinfo",
            "30 20 0:28 / /sys/fs/cg\\040roup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
        Write("proc/self/cgroup", $"0::{group}\n");
        Write("sys/fs/cg roup/a/memory.max", "1000\n");
        Write("sys/fs/cg roup/a/memory.current", "650\n");
        Write("sys/fs/cg roup/a/b/memory.max", "500\n");
        Write("sys/fs/cg roup/a/b/memory.current", "200\n");
        Assert.Equal(new MemoryHeadroom(bytes, tightest), Read());
    }

    [Fact]
    public void A_parent_that_is_fuller_than_the_group_counts()
    {
        Write("proc/self/mountinfo", "30 20 0:28 / /cg rw - cgroup2 cgroup2 rw\n");
        Write("proc/self/cgroup", "0::/a/b\n");
        Write("cg/a/memory.max", "1000\n");
        Write("cg/a/memory.current", "990\n");
        Write("cg/a/b/memory.max", "max\n");
        Write("cg/a/b/memory.current", "5\n");
        Write("cg/a/b/memory.stat", "anon 1\nfile 4\nshmem 3\n");
        Assert.Equal(new MemoryHeadroom(10, "/a"), Read());
        Assert.Equal(3UL, CgroupMemory.ReadChain(new HostFiles(_root))[0].Shmem);
    }

    [Fact]
    public void A_group_over_its_limit_has_nothing_left()
    {
        Write("proc/self/mountinfo", "30 20 0:28 / /cg rw - cgroup2 cgroup2 rw\n");
        Write("proc/self/cgroup", "0::/a\n");
        Write("cg/a/memory.max", "1000\n");
        Write("cg/a/memory.current", "1200\n");
        Assert.Equal(new MemoryHeadroom(0, "/a"), Read());
    }

    [Fact]
    public void Clean_page_cache_and_swap_that_the_group_may_use_count_as_free()
    {
        Write("proc/meminfo", "MemAvailable: 1000 kB\nSwapFree: 10 kB\n");
        Write("proc/self/mountinfo", "30 20 0:28 / /cg rw - cgroup2 cgroup2 rw\n");
        Write("proc/self/cgroup", "0::/a\n");
        Write("cg/a/memory.max", "1000\n");
        Write("cg/a/memory.current", "900\n");
        Write("cg/a/memory.stat", "file_dirty 20\nfile_writeback 30\ninactive_file 250\n");
        Assert.Equal(100 + 200 + 10240, Read().Bytes);
        Write("cg/a/memory.swap.max", "70\n");
        Write("cg/a/memory.swap.current", "20\n");
        Assert.Equal(100 + 200 + 50, Read().Bytes);
    }

    [Fact]
    public void Version_1_is_read_in_a_container_that_sees_its_own_part_of_the_tree()
    {
        Write("proc/self/mountinfo",
            "40 30 0:33 /docker/0af /sys/fs/cgroup/memory ro,nosuid master:16 - cgroup cgroup rw,memory\n"
            + "41 30 0:34 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw\n");
        Write("proc/self/cgroup", "12:cpu,cpuacct:/docker/0af\n4:hugetlb,memory:/docker/0af\n0::/\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "4194304\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1048576\n");
        Write(
            "sys/fs/cgroup/memory/memory.stat", "shmem 1\ntotal_shmem 4096\ntotal_inactive_file 8192\ntotal_dirty 0\n");
        Assert.Equal(new MemoryHeadroom(3145728 + 8192, "/"), Read());
        Assert.Equal(4096UL, Assert.Single(CgroupMemory.ReadChain(new HostFiles(_root))).Shmem);
    }

    [Fact]
    public void Version_1_shows_no_limit_as_the_largest_number()
    {
        Write("proc/self/mountinfo", "40 30 0:33 / /m rw - cgroup cgroup rw,memory\n");
        Write("proc/self/cgroup", "4:memory:/a/b\n");
        foreach (var group in new[] { "", "/a", "/a/b" })
        {
            Write($"m{group}/memory.limit_in_bytes", $"{(group == "/a" ? 5000 : Unlimited)}\n");
            Write($"m{group}/memory.usage_in_bytes", "1000\n");
        }

        Assert.Equal(new MemoryHeadroom(4000, "/a"), Read());
        Assert.Equal(
            ["/a/b", "/a", "/"], CgroupMemory.ReadChain(new HostFiles(_root)).Select(static group => group.Group));
        // With 64 KB pages the largest multiple is another.
        Write("m/a/memory.limit_in_bytes", $"{long.MaxValue / 65536 * 65536}\n");
        Assert.Null(Read().Bytes);
    }

    [Fact]
    public void The_memsw_limit_of_version_1_bounds_what_swap_adds()
    {
        Write("proc/meminfo", "MemAvailable: 1000 kB\nSwapFree: 100 kB\n");
        Write("proc/self/mountinfo", "40 30 0:33 / /m rw - cgroup cgroup rw,memory\n");
        Write("proc/self/cgroup", "4:memory:/a\n");
        Write("m/a/memory.limit_in_bytes", "5000\n");
        Write("m/a/memory.usage_in_bytes", "1000\n");
        Write("m/a/memory.memsw.limit_in_bytes", "6000\n");
        Write("m/a/memory.memsw.usage_in_bytes", "1200\n");
        Assert.Equal(4800, Read().Bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0:/a")]
    [InlineData("0::\n::\n:::::\nx:memory\n")]
    [InlineData("4:memory:/../../x\n0::/../y\n")]
    public void Tables_of_another_form_are_unknown_and_no_exception(string text)
    {
        Write("proc/self/mountinfo", "40 30 0:33 / /m rw - cgroup cgroup rw,memory\n- - -\n1\n");
        Write("proc/self/cgroup", text);
        Assert.Null(Read().Bytes);
    }

    [Fact]
    public void This_host_says_something() => Assert.InRange(MemoryHeadroom.Read().Bytes ?? -1, 1, long.MaxValue);

    private MemoryHeadroom Read() => MemoryHeadroom.Read(new HostFiles(_root));

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
