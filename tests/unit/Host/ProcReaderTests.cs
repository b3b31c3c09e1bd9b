using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>What reads /proc when processes end, signals come, and numbers are no numbers.</summary>
[Collection(nameof(Alone))]
public partial class ProcReaderTests
{
    private static readonly string[] Names = ["maps", "stat", "ns/ipc"];

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    [Fact]
    public void Without_a_process_the_working_folder_is_not_read_instead()
    {
        using var reader = new ProcReader();
        var here = Bytes(Path.GetFileName(Directory.GetFiles(Environment.CurrentDirectory)[0]) + '\0');
        Assert.Equal(-(int)Errno.EBADF, reader.Load(here));

        Assert.Equal(0, reader.Enter(Environment.ProcessId));
        Assert.Equal(-(int)Errno.ENOENT, reader.Enter(int.MaxValue));
        Assert.Equal(-(int)Errno.EBADF, reader.Load(here));
        Assert.All(Names, name => Assert.Equal(-(int)Errno.EBADF, reader.Stat(Bytes(name + '\0'), out _)));
        Assert.Equal(0, reader.Load("/proc/self/stat\0"u8));
    }

    // A signal that comes while the kernel fills a list ends that call early, with a part of the list.
    [Fact]
    public void A_list_is_whole_though_signals_come()
    {
        using var handler = PosixSignalRegistration.Create(
            PosixSignal.SIGWINCH, static context => context.Cancel = true);
        var files = Enumerable.Range(0, 600).Select(static _ => File.OpenHandle("/dev/null")).ToArray();
        var wanted = files.Select(static file => (int)file.DangerousGetHandle()).ToHashSet();
        var end = false;
        var thread = Libc.gettid();
        var sender = new Thread(() =>
        {
            while (!Volatile.Read(ref end))
            {
                _ = tgkill(Environment.ProcessId, thread, 28);
            }
        });
        sender.Start();
        try
        {
            using var reader = new ProcReader();
            Assert.Equal(0, reader.EnterSelf());
            for (var i = 0; i < 100; i++)
            {
                List<int> found = [];
                Assert.Equal(0, reader.ListDescriptors(0, found));
                Assert.Equal(found.Count, found.Distinct().Count());
                Assert.Subset(found.ToHashSet(), wanted);
            }
        }
        finally
        {
            Volatile.Write(ref end, true);
            sender.Join();
            Array.ForEach(files, static file => file.Dispose());
        }
    }

    [Fact]
    public void A_process_lives_by_its_id_and_its_start()
    {
        Assert.True(ProcessStart.IsAlive(Environment.ProcessId, ProcessStart.OwnStart));
        Assert.False(ProcessStart.IsAlive(Environment.ProcessId, ProcessStart.OwnStart + 1));
        Assert.False(ProcessStart.IsAlive(int.MaxValue, 1));
        Assert.Equal(
            $"pid:[{ProcessStart.OwnNamespace}]", new FileInfo("/proc/self/ns/pid").LinkTarget);
    }

    [Theory]
    [InlineData("4294967297 (a) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 9")]
    [InlineData("1 (a) S 99999999999 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 9")]
    [InlineData("1 (a) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 18446744073709551616")]
    [InlineData("1 (a) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0")]
    [InlineData("1 a S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 9")]
    [InlineData("")]
    public void A_stat_of_another_form_is_none(string line) =>
        Assert.False(ProcessStatLine.TryParse(Bytes(line), out _));

    [Fact]
    public void Numbers_that_no_kernel_has_stay_positive()
    {
        ReadOnlySpan<byte> text = Bytes(
            """
            7f0000000000-7f0000002000 rw-s 00000000 00:01 7                          /SYSV00000000 (deleted)
            Rss:                  18446744073709551615 kB
            Pss:                  99999999999999999999999
            Swap:                 12
            Shared_Hugetlb:       18446744073709551615 kB
            Private_Hugetlb:      18446744073709551615 kB
            NewInLinux9:          1 kB
            """);
        Assert.True(SmapsUsage.TryRead(ref text, out _, out var usage));
        Assert.True(usage.Rss > 0 && usage.Pss > 0 && usage.Huge > 0 && usage.Rss + usage.Huge > 0);
        Assert.Equal(12, usage.Swap);
        Assert.Equal(ulong.MaxValue, ProcText.Sum(ulong.MaxValue - 1, 2));
    }

    [Theory]
    [InlineData("0 4294967296 600 1 1 1 0 0 0 0 0 0 0 0 0 0")]
    [InlineData("0 -1 600 1 1 1 0 0 0 0 0 0 0 0 0 0")]
    [InlineData("99999999999 1 600 1 1 1 0 0 0 0 0 0 0 0 0 0")]
    [InlineData("0 1 600 1 1 1 0 99999999999 0 0 0 0 0 0 0 0")]
    [InlineData("0 1 600 1 1 1 0 0 0 0 0 0 0 0 0")]
    [InlineData("0 1 600 1kB 1 1 0 0 0 0 0 0 0 0 0 0")]
    public void A_segment_whose_numbers_are_out_of_range_is_told(string line) =>
        Assert.Throws<FormatException>(() =>
        {
            ReadOnlySpan<byte> text = Bytes(line);
            _ = SysVShmLine.TryRead(ref text, out _);
        });

    [Fact]
    public void Columns_that_come_later_do_not_matter()
    {
        ReadOnlySpan<byte> text = Bytes(
            "       key      shmid perms                  size\n"
            + "-559038737 7 1600 18446744073709551615 12 13 2 1000 4294967295 0 0 1 18446744073709551615 3 4 5 new\n");
        Assert.True(SysVShmLine.TryRead(ref text, out var segment));
        Assert.Equal((-559038737, 7, 0x380u, long.MaxValue), (segment.Key, segment.Id, segment.Mode, segment.Size));
        Assert.Equal((uint.MaxValue, long.MaxValue, 5L), (segment.GroupId, segment.DetachTime, segment.Swap));
        Assert.False(SysVShmLine.TryRead(ref text, out _));
    }

    [LibraryImport("libc")]
    private static partial int tgkill(int process, int thread, int signal);
}
