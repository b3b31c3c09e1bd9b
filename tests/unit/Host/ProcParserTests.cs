using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace PSSharedMemory.UnitTests;

public class ProcParserTests
{
    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static MapsLine Parse(string line)
    {
        Assert.True(MapsLine.TryParse(Bytes(line), out var area), line);
        return area;
    }

    [Fact]
    public void An_area_of_a_System_V_segment_with_the_id_0_is_read()
    {
        var area =
            Parse("7f794bd7e000-7f794bd81000 rw-s 00001000 00:01 0                          /SYSV0000abcd (deleted)");
        Assert.Equal(0x7f794bd7e000UL, area.Start);
        Assert.Equal(0x3000UL, area.Length);
        Assert.Equal(0x1000UL, area.Offset);
        Assert.Equal(MapsLine.DeviceOf(0, 1), area.Device);
        Assert.Equal(0UL, area.Inode);
        Assert.True(area.IsShared);
        Assert.Equal(AreaAccess.Read | AreaAccess.Write | AreaAccess.Shared, area.Access);
        Assert.Equal("/SYSV0000abcd (deleted)", Encoding.UTF8.GetString(area.Path));
    }

    [Theory]
    [InlineData("55f0-66f0 ---p 00000000 00:00 0 ", "")]
    [InlineData("55f0-66f0 ---p 00000000 00:00 0", "")]
    [InlineData("7ffc89e83000-7ffc89ea4000 rw-p 00000000 00:00 0                          [stack]", "[stack]")]
    [InlineData("7f79-7f80 rw-s 00000000 00:1b 2                          /dev/shm/a  b\\012c ",
        "/dev/shm/a  b\\012c ")]
    [InlineData("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]", "[vsyscall]")]
    [InlineData("7f79-7f80 rw-s 00000000 103:00012 18446744073709551615 /x", "/x")]
    public void The_path_is_kept_with_its_blanks(string line, string path) =>
        Assert.Equal(path, Encoding.UTF8.GetString(Parse(line).Path));

    [Theory]
    [InlineData("")]
    [InlineData("Rss:                   4 kB")]
    [InlineData("7f80-7f79 rw-s 00000000 00:1b 2 /x")]
    [InlineData("7f79-7f80 rw-z 00000000 00:1b 2 /x")]
    [InlineData("7f79-7f80 rw-s 00000000 00:1b")]
    [InlineData("7f79-7f80 rw-s 00000000 00:1b x /x")]
    [InlineData("17f7900000000000000-17f8000000000000000 rw-s 0 00:1b 2 /x")]
    [InlineData("7f79-7f80 rw-s 0 00:1b 18446744073709551616 /x")]
    public void A_line_of_another_form_is_no_area(string line) =>
        Assert.False(MapsLine.TryParse(Bytes(line), out _));

    [Fact]
    public void No_bytes_whatever_make_the_parsers_throw()
    {
        Prop.ForAll(
            ArbMap.Default.ArbFor<byte[]>(),
            ReadAll).QuickCheckThrowOnFailure();
    }

    /// <summary>
    /// What the kernel really writes, cut, torn and changed, with a fixed seed. PSSHM_FUZZ sets how often (200000 by
    /// hand).
    /// </summary>
    [Fact]
    public void Torn_lines_are_read_or_passed_over()
    {
        var random = new Random(17);
        string[] names = ["self/maps", "self/smaps", "self/mountinfo", "self/stat", "sysvipc/shm", "meminfo"];
        byte[][] texts = [.. names.Select(static name => File.ReadAllBytes($"/proc/{name}"))];
        byte[] pieces = [.. " -:/()\\\n\0,09afx"u8, 0x80, 0xFF];
        var count = int.Parse(Environment.GetEnvironmentVariable("PSSHM_FUZZ") ?? "500", CultureInfo.InvariantCulture);
        for (var i = 0; i < count; i++)
        {
            var text = texts[random.Next(texts.Length)];
            var start = random.Next(text.Length);
            var torn = text.AsSpan(start, Math.Min(text.Length - start, random.Next(2000))).ToArray();
            for (var changes = random.Next(8); changes > 0 && torn.Length > 0; changes--)
            {
                torn[random.Next(torn.Length)] = pieces[random.Next(pieces.Length)];
            }

            // Each reads what is another's as well.
            ReadAll(torn);
        }
    }

    private static void ReadAll(byte[] bytes)
    {
        ReadOnlySpan<byte> text = bytes;
        while (MapsLine.TryRead(ref text, out _))
        {
        }

        text = bytes;
        while (SmapsUsage.TryRead(ref text, out _, out _))
        {
        }

        text = bytes;
        while (MountInfoLine.TryRead(ref text, out _))
        {
        }

        text = bytes;
        try
        {
            while (SysVShmLine.TryRead(ref text, out _))
            {
            }
        }
        catch (FormatException)
        {
            // Of this table nothing is passed over: who reads it says that it cannot be read.
        }

        text = bytes;
        while (ProcText.TryReadLine(ref text, out var line))
        {
            _ = ProcText.TryReadValue(line, "Rss"u8, out _);
            _ = MapsLine.TryParse(line, out _);
        }

        _ = ProcessStatLine.TryParse(bytes, out _);
        _ = ProcText.Unescape(bytes, new byte[bytes.Length]);
        _ = ProcText.TryParseId(bytes, out _);
    }

    [Fact]
    public void Every_area_that_the_kernel_could_write_is_read_back()
    {
        Prop.ForAll(
            ArbMap.Default.ArbFor<(
                ulong Start, uint Length, byte Letters, ulong Offset, ushort Major, ushort Minor, ulong Inode)>(),
            v =>
            {
                var start = v.Start >> 1;
                var end = start + v.Length + 1;
                var letters = string.Concat(
                    (v.Letters & 1) != 0 ? 'r' : '-',
                    (v.Letters & 2) != 0 ? 'w' : '-',
                    (v.Letters & 4) != 0 ? 'x' : '-',
                    (v.Letters & 8) != 0 ? 's' : 'p');
                var area = Parse(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{start:x8}-{end:x8} {letters} {v.Offset:x8} {v.Major:x2}:{v.Minor:x2} {v.Inode}                 "
                        + $"/dev/shm/x"));
                return area.Start == start && area.End == end && area.Offset == v.Offset && area.Inode == v.Inode
                    && area.Device == MapsLine.DeviceOf(v.Major, v.Minor) && (byte)area.Access == (v.Letters & 15);
            }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("a\\012b", "a\nb")]
    [InlineData("\\040\\011\\134", " \t\\")]
    [InlineData("a\\01", "a\\01")]
    [InlineData("a\\019", "a\\019")]
    [InlineData("\\", "\\")]
    [InlineData("plain", "plain")]
    public void Octal_escapes_are_taken_back(string text, string expected)
    {
        var bytes = Bytes(text);
        Assert.Equal(expected, Encoding.UTF8.GetString(ProcText.Unescape(bytes, new byte[bytes.Length])));
    }

    [Fact]
    public void Details_belong_to_the_area_above_them()
    {
        ReadOnlySpan<byte> text = Bytes(
            """
            7f0000000000-7f0000002000 rw-s 00000000 00:01 7                          /SYSV00000000 (deleted)
            Size:                  8 kB
            Rss:                   4 kB
            Pss:                   2 kB
            Pss_Dirty:             1 kB
            Swap:                  3 kB
            SwapPss:               9 kB
            Locked:                4 kB
            VmFlags: rd wr sh mr mw me ms
            7f0000003000-7f0000004000 r--p 00000000 fe:00 9                          /lib/x
            Rss:                  40 kB
            """);
        Assert.True(SmapsUsage.TryRead(ref text, out var first, out var usage));
        Assert.Equal(7UL, first.Inode);
        Assert.Equal((4096L, 2048L, 3072L, 4096L), (usage.Rss, usage.Pss, usage.Swap, usage.Locked));
        Assert.True(SmapsUsage.TryRead(ref text, out var second, out usage));
        Assert.Equal(9UL, second.Inode);
        Assert.Equal((40960L, 0L), (usage.Rss, usage.Swap));
        Assert.False(SmapsUsage.TryRead(ref text, out _, out _));
    }

    [Fact]
    public void A_process_name_with_brackets_and_blanks_is_read_whole()
    {
        var line = Bytes("42 (a) S 1 (b) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 987654321 1 2 3");
        Assert.True(ProcessStatLine.TryParse(line, out var stat));
        Assert.Equal("a) S 1 (b", Encoding.UTF8.GetString(stat.Name));
        Assert.Equal((42, 7, 3, 987654321UL), (stat.ProcessId, stat.ParentId, stat.ThreadCount, stat.StartTicks));
        Assert.Equal((byte)'S', stat.State);
    }

    [Fact]
    public void A_mount_is_read_with_and_without_optional_fields()
    {
        ReadOnlySpan<byte> text = Bytes(
            "30 25 0:27 / /dev/shm rw,nosuid,noexec - tmpfs tmpfs rw,size=65536k\n"
            + "31 25 0:28 / /a\\040b rw shared:7 master:1 - proc proc rw,hidepid=invisible,gid=5\n");
        Assert.True(MountInfoLine.TryRead(ref text, out var shm));
        Assert.Equal(MapsLine.DeviceOf(0, 27), shm.Device);
        Assert.Equal("/dev/shm", Encoding.UTF8.GetString(shm.MountPoint));
        Assert.True(MountInfoLine.TryGetOption(shm.Options, "noexec"u8, out _));
        Assert.False(MountInfoLine.TryGetOption(shm.Options, "exec"u8, out _));
        Assert.True(MountInfoLine.TryGetOption(shm.SuperOptions, "size"u8, out var size));
        Assert.Equal("65536k", Encoding.UTF8.GetString(size));
        Assert.True(MountInfoLine.TryRead(ref text, out var proc));
        Assert.Equal("proc", Encoding.UTF8.GetString(proc.Type));
        Assert.True(MountInfoLine.TryGetOption(proc.SuperOptions, "hidepid"u8, out var hide));
        Assert.Equal("invisible", Encoding.UTF8.GetString(hide));
    }

    [Theory]
    [InlineData("/SYSV00000000 (deleted)", 1, true, ShmAreaKind.SysV)]
    [InlineData("/SYSV00000000 (deleted)", 17, true, ShmAreaKind.SysV)]
    [InlineData("/SYSV00000000 (deleted)", 254, true, ShmAreaKind.None)]
    [InlineData("/memfd:doublemapper (deleted)", 1, false, ShmAreaKind.MemFd)]
    [InlineData("/memfd:x", 254, true, ShmAreaKind.None)]
    [InlineData("/dev/zero (deleted)", 1, true, ShmAreaKind.Anonymous)]
    [InlineData("/dev/zero", 6, true, ShmAreaKind.None)]
    [InlineData("/anon_hugepage (deleted)", 17, false, ShmAreaKind.None)]
    [InlineData("/anon_hugepage (deleted)", 17, true, ShmAreaKind.Anonymous)]
    [InlineData("/somewhere/else", 27, false, ShmAreaKind.Posix)]
    [InlineData("/dev/shm/x", 40, true, ShmAreaKind.Posix)]
    [InlineData("/dev/shm/x", 254, true, ShmAreaKind.None)]
    public void The_device_decides_and_not_the_path(string path, ulong minor, bool shared, ShmAreaKind kind)
    {
        var devices = new ShmDevices(
            27, new HashSet<ulong> { 1, 17 }, new HashSet<ulong> { 17 }, new HashSet<ulong> { 40 });
        Assert.Equal(kind, devices.Classify(minor, Bytes(path), shared));
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("2147483647", int.MaxValue)]
    [InlineData("2147483648", 0)]
    [InlineData("0", 0)]
    [InlineData("1a", 0)]
    [InlineData("self", 0)]
    public void Only_a_number_is_a_process(string name, int id)
    {
        Assert.Equal(id != 0, ProcText.TryParseId(Bytes(name), out var read));
        Assert.Equal(id, read);
    }

    [Fact]
    public void The_reader_lists_its_own_process_thread_and_descriptors()
    {
        using var reader = new ProcReader();
        var ids = reader.ListProcesses();
        Assert.Contains(Environment.ProcessId, ids);
        Assert.Equal(0, reader.Enter(Environment.ProcessId));
        ids.Clear();
        Assert.Equal(0, reader.ListThreads(ids));
        Assert.Contains(Environment.ProcessId, ids);
        ids.Clear();
        Assert.Equal(0, reader.ListDescriptors(0, ids));
        Assert.True(ids.Count > 2);
        Assert.Equal(0, reader.Load("maps\0"u8));
        var text = reader.Text;
        int lines = 0, areas = 0;
        foreach (var b in text)
        {
            lines += b == '\n' ? 1 : 0;
        }

        while (MapsLine.TryRead(ref text, out _))
        {
            areas++;
        }

        Assert.Equal(lines, areas);
        Assert.True(areas > 50);
    }

    [Fact]
    public void A_process_that_is_not_there_is_an_errno()
    {
        using var reader = new ProcReader();
        Assert.Equal(-2, reader.Enter(int.MaxValue));
        Assert.True(reader.Load("maps\0"u8) < 0);
    }
}
