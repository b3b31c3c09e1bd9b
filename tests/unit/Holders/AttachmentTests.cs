using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>What the kernel shows of this process and of its children, which other means tell too.</summary>
[Collection(nameof(Alone))]
public sealed class AttachmentTests : IDisposable
{
    private readonly string _name = "/pst-procs-" + Guid.NewGuid().ToString("N");
    private readonly List<ShmSegment> _made = [];

    public void Dispose()
    {
        foreach (var segment in _made)
        {
            try
            {
                ShmSegments.Remove(segment);
            }
            catch (ShmException error) when (error.ErrorId is ShmErrorId.SegmentNotFound or ShmErrorId.IdentityChanged)
            {
                // The test removed it.
            }
        }
    }

    private ShmSegment MakePosix(string? name = null)
    {
        var segment = PosixSegments.Create(name ?? _name, new ShmCreateOptions { Size = 8192 });
        _made.Add(segment);
        return segment;
    }

    private ShmSegment MakeSysV()
    {
        var segment = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = 10000 });
        _made.Add(segment);
        return segment;
    }

    private static AttachmentScan Scan(ShmSegment[]? segments = null, int[]? processIds = null) =>
        ShmAttachments.Scan(segments, processIds, cancellation: TestContext.Current.CancellationToken);

    // A process that runs a line of Perl, says "ready", and ends when its input does.
    private static Process Hold(string code)
    {
        var process = Process.Start(new ProcessStartInfo(
            "perl", ["-e", "$| = 1; " + code + " print qq(ready\n); <STDIN>;"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        return process;
    }

    // Its main thread ends, and another one keeps the memory: the files of the process itself are empty then.
    [Fact]
    public void Memory_of_a_process_without_its_main_thread_is_read_by_another_one()
    {
        Assert.SkipUnless(
            System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture
                == System.Runtime.InteropServices.Architecture.X64, "the numbers of system calls are those of x64");
        var segment = MakeSysV();
        using var process = Process.Start(new ProcessStartInfo(
            "perl",
            [
                "-Mthreads", "-e",
                $"$| = 1; syscall(30, {segment.Id}, 0, 0) > 0 or die; "
                    + "threads->create(sub { <STDIN>; syscall(231, 0) }); print qq(ready\n); syscall(60, 0);",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        SpinWait.SpinUntil(
            () => File.ReadAllText($"/proc/{process.Id}/stat").Contains(") Z ", StringComparison.Ordinal), 10_000);

        ShmAttachment Held(bool? withUsage) => Assert.Single(
            ShmAttachments.Scan(
                null, [process.Id], withUsage, cancellation: TestContext.Current.CancellationToken).Attachments,
            found => found.Segment?.Id == segment.Id);
        Assert.Equal((0, 0), (Held(true).Rss, Held(null).Rss));
        Assert.Contains(ShmAddressSpace.Read(process.Id), region => region.Segment?.Id == segment.Id);

        process.StandardInput.Close();
        process.WaitForExit();
    }

    // maps escapes a line feed, and a descriptor's link doesn't: it is one memfd.
    [Fact]
    public void A_memfd_with_a_line_feed_in_its_label_has_it_mapped_or_open()
    {
        var segment = MemFdSegments.Create("a\nb" + _name, new ShmCreateOptions { Size = 4096 });
        using var mapping = ShmMapping.Mount(segment, new ShmMountOptions());
        HeldSegments.Release(segment);
        var held = Scan(null, [Environment.ProcessId]).Attachments.Where(
            found => found.Segment?.Inode == segment.Inode && found.Kind == ShmAreaKind.MemFd).ToArray();
        Assert.NotEmpty(held);
        Assert.All(held, found => Assert.Equal("memfd:a\nb" + _name, found.Segment!.Name));
    }

    // Two of them have more bytes than 63 bits count.
    [Fact]
    public void Segments_that_are_larger_than_any_memory_add_up()
    {
        var before = ShmLimits.Read().Single(static limit => limit.Name == "SHMALL").Use;
        for (var i = 0; i < 2; i++)
        {
            _made.Add(SysVSegments.CreatePrivate(new ShmCreateOptions { Size = 1L << 62, Sparse = true }));
        }

        var limits = ShmLimits.Read().ToDictionary(static limit => limit.Name);
        Assert.Equal(before + ((1UL << 63) / (ulong)Environment.SystemPageSize), limits["SHMALL"].Use);
        Assert.True(limits["System V listed"].Use >= 1UL << 63);
        Assert.Equal(
            limits["System V memory"].Use,
            limits["System V listed"].Use + limits["System V removed but held"].Use);
        Assert.Contains(ShmHost.Check(), static check => check.Name == "ShmBalance");
    }

    // The first of several descriptors is told, with what each allows.
    [Fact]
    public void Descriptors_tell_what_they_allow()
    {
        var segment = MakePosix();
        using var process = Hold(
            $"use Fcntl; sysopen(A, '/dev/shm{_name}', O_WRONLY); sysopen(B, '/dev/shm{_name}', 010000000); ");
        var held = Scan([segment], [process.Id]).Attachments;
        Assert.Equal(
            [ShmProtection.Write, ShmProtection.None], held.Select(static attachment => attachment.Protection));
        process.StandardInput.Close();
        process.WaitForExit();
    }

    // What the kernel answers to questions is what its text says, of every process there is.
    [Fact]
    public void Questions_and_text_tell_the_same()
    {
        Assert.SkipUnless(MapsQuery.IsKnown, "this kernel does not answer questions of maps");
        var hostile = MakePosix(_name + "-a\nb\\012 (deleted)");
        var removed = MakePosix(_name + "-gone");
        var sysV = MakeSysV();
        using var mapping = ShmMapping.Mount(hostile, new ShmMountOptions { CopyOnWrite = true });
        using var other = ShmMapping.Mount(removed, new ShmMountOptions());
        using var third = ShmMapping.Mount(sysV, new ShmMountOptions());
        using var memfd = ShmMapping.Mount(
            MemFdSegments.Create(_name[1..] + "-label", new ShmCreateOptions { Size = 4096 }), new ShmMountOptions());
        ShmSegments.Remove(removed);
        var request = new ProcessScanRequest { ProcessIds = [Environment.ProcessId] };
        // Other tests map at the same time.
        bool IsOurs(ShmAreaKind kind, ulong inode, string path) =>
            kind == ShmAreaKind.SysV ? inode == (ulong)sysV.Id! : path.Contains(_name[1..]);
        (ShmAreaKind, ulong, ulong, string, ulong, ulong, ulong, AreaAccess)[] Facts(ProcessScan scan) =>
            [.. scan.Areas
                .Where(area => area.IsMapped && IsOurs(area.Kind, area.Inode, ProcText.ToText(area.Path)))
                .Select(static area =>
                    (
                        area.Kind, area.Device, area.Inode, ProcText.ToText(area.Path), area.Start, area.End,
                        area.Offset, area.Access))];
        var asked = Facts(ProcessScanner.Run(request));
        Assert.Equal(Facts(ProcessScanner.Run(request with { TextOnly = true })), asked);
        Assert.Contains(asked, area => area.Item1 == ShmAreaKind.SysV && area.Item3 == (ulong)sysV.Id!);
        Assert.Equal(4, asked.Length);
    }

    private static void End(Process process)
    {
        process.StandardInput.Close();
        process.WaitForExit();
    }

    private static string Attach(int id) =>
        $"my $at = syscall(30, {id}, 0, 0); die if $at == -1;";

    [Fact]
    public void A_System_V_segment_is_tied_to_the_process_that_attached_it()
    {
        var segment = MakeSysV();
        using var holder = Hold(Attach((int)segment.Id!.Value));
        var scan = Scan([segment]);
        var attachment = Assert.Single(scan.Attachments);
        Assert.Equal(holder.Id, attachment.ProcessId);
        Assert.Equal("perl", attachment.Command);
        Assert.Equal(segment.Id, attachment.Segment!.Id);
        Assert.Equal(ShmAreaKind.SysV, attachment.Kind);
        Assert.Equal(12288, attachment.Length);
        Assert.Equal(0, attachment.Offset);
        Assert.Equal(ShmProtection.Read | ShmProtection.Write, attachment.Protection);
        Assert.NotNull(attachment.Rss);
        Assert.False(attachment.IsRemoved);
        Assert.Contains(
            File.ReadLines($"/proc/{holder.Id}/maps"),
            line => line.StartsWith(attachment.Address!.Value.ToString("x8"), StringComparison.Ordinal)
                && line.Contains("/SYSV"));

        ShmSegments.Remove(segment);
        attachment = Assert.Single(Scan().Attachments, a => a.Segment?.Id == segment.Id && a.Kind == ShmAreaKind.SysV);
        Assert.True(attachment.IsRemoved);
        End(holder);
        Assert.Empty(Scan([segment]).Attachments);
    }

    [Fact]
    public void A_descriptor_without_a_mapping_is_a_holder_too()
    {
        var segment = MakePosix();
        using var holder = Hold($"open(my $f, '+<', '/dev/shm{_name}') or die;");
        var attachment = Assert.Single(Scan([segment]).Attachments);
        Assert.Equal(holder.Id, attachment.ProcessId);
        Assert.Null(attachment.Address);
        Assert.NotNull(attachment.Descriptor);
        Assert.Equal(ShmProtection.Read | ShmProtection.Write, attachment.Protection);
        Assert.Equal(
            $"/dev/shm{_name}",
            File.ResolveLinkTarget($"/proc/{holder.Id}/fd/{attachment.Descriptor}", false)!.FullName);
        End(holder);
    }

    [Fact]
    public void An_unlinked_object_keeps_its_name_and_its_size()
    {
        var segment = MakePosix();
        using var holder = Hold($"open(my $f, '<', '/dev/shm{_name}') or die; unlink '/dev/shm{_name}';");
        var attachment = Assert.Single(
            Scan().Attachments, a => a.ProcessId == holder.Id && a.Kind == ShmAreaKind.Posix);
        Assert.Equal(_name, attachment.Segment!.Name);
        Assert.Equal(8192, attachment.Segment.Size);
        Assert.True(attachment.IsRemoved);
        Assert.True(attachment.Segment.IsSame(segment));
        End(holder);
    }

    [Theory]
    [InlineData(" (deleted)")]
    [InlineData("a b\nc")]
    [InlineData("\\012")]
    [InlineData("x\udcff\udcfe")]
    public void A_name_is_told_by_the_inode_whatever_its_text_looks_like(string suffix)
    {
        var segment = MakePosix(_name + suffix);
        using var holder =
            Hold(
                $"opendir(my $d, '/dev/shm'); my ($n) = grep {{ index($_, '{_name[1..]}') == 0 }} readdir $d; open(my "
                    + "$f, '<', \"/dev/shm/$n\") or die;");
        var attachment = Assert.Single(
            Scan().Attachments, a => a.ProcessId == holder.Id && a.Kind == ShmAreaKind.Posix);
        Assert.Equal(_name + suffix, attachment.Segment!.Name);
        Assert.False(attachment.IsRemoved);
        ShmSegments.Remove(segment);
        attachment = Assert.Single(
            Scan().Attachments, a => a.ProcessId == holder.Id && a.Kind == ShmAreaKind.Posix);
        Assert.Equal(_name + suffix, attachment.Segment!.Name);
        Assert.True(attachment.IsRemoved);
        End(holder);
    }

    [Fact]
    public void A_memfd_and_memory_without_a_name_are_seen()
    {
        // memfd_create, ftruncate, and mmap of both kinds, by number: Perl has no names for them.
        using var holder = Hold(
            "my $l = 'pst procs'; my $m = syscall(319, $l, 0); syscall(77, $m, 4096);"
            + " syscall(9, 0, 4096, 3, 1, $m, 0); syscall(9, 0, 12288, 3, 0x21, -1, 0);");
        var found = Scan(processIds: [holder.Id]).Attachments.ToList();
        var memfd = Assert.Single(found, a => a.Kind == ShmAreaKind.MemFd);
        Assert.Equal("memfd:pst procs", memfd.Segment!.Name);
        Assert.Equal(4096, memfd.Segment.Size);
        Assert.NotNull(memfd.Address);
        var anonymous = Assert.Single(found, a => a.Kind == ShmAreaKind.Anonymous);
        Assert.Equal(12288, anonymous.Length);
        Assert.Equal(ShmKind.Anonymous, anonymous.Segment!.Kind);
        End(holder);
    }

    [Fact]
    public void A_process_whose_main_thread_has_ended_still_holds_what_it_holds()
    {
        var segment = MakeSysV();
        using var holder = Hold(Attach((int)segment.Id!.Value)
            + " use threads; threads->create(sub { <STDIN> })->detach; print qq(ready\n); syscall(60, 0);");
        SpinUntil(() => File.ReadAllText($"/proc/{holder.Id}/stat").Contains(") Z ", StringComparison.Ordinal));
        var attachment = Assert.Single(Scan([segment]).Attachments);
        Assert.Equal(holder.Id, attachment.ProcessId);
        Assert.NotNull(attachment.Rss);
        holder.Kill();
        holder.WaitForExit();
    }

    [Fact]
    public void A_private_mapping_is_shown_as_one()
    {
        var segment = MakePosix();
        using var holder =
            Hold($"open(my $f, '<', '/dev/shm{_name}') or die; syscall(9, 0, 4096, 3, 2, fileno($f), 4096);");
        var attachment = Assert.Single(Scan([segment]).Attachments);
        Assert.True(attachment.IsCopyOnWrite);
        Assert.Equal(4096, attachment.Offset);
        End(holder);
    }

    [Fact]
    public void The_kernel_tells_whether_an_object_is_held()
    {
        var segment = MakePosix();
        Assert.False(PosixLease.IsHeld(segment));
        using var holder =
            Hold($"open(my $f, '<', '/dev/shm{_name}') or die; syscall(9, 0, 4096, 1, 1, fileno($f), 0); close $f;");
        Assert.True(PosixLease.IsHeld(segment));
        End(holder);
        Assert.False(PosixLease.IsHeld(segment));
        ShmSegments.Remove(segment);
        Assert.Equal(ShmErrorId.SegmentNotFound, Assert.Throws<ShmException>(() => PosixLease.IsHeld(segment)).ErrorId);
    }

    [Fact]
    public void Every_process_is_counted_once()
    {
        var scan = Scan();
        Assert.True(scan.ProcessCount > 0);
        Assert.True(scan.CoversAll);
        Assert.Equal(scan.UnreadableProcessIds.Distinct().Count(), scan.UnreadableProcessIds.Count);
    }

    private static void SpinUntil(Func<bool> condition) =>
        Assert.True(System.Threading.SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(10)));
}
