using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Watching;

[Collection(nameof(Alone))]
public sealed class EventSourceTests : IDisposable
{
    // More than the kernel keeps of a queue, unless the host was told otherwise.
    private const int Flood = 20_000;

    private readonly string _name = $"unit-watch-{Environment.ProcessId}-{Guid.NewGuid():N}";

    private string File => $"/dev/shm/{_name}";

    public void Dispose()
    {
        foreach (var left in Directory.GetFileSystemEntries("/dev/shm", _name + "*"))
        {
            if (Directory.Exists(left))
            {
                Directory.Delete(left, true);
            }
            else
            {
                System.IO.File.Delete(left);
            }
        }
    }

    private (ShmEventKind Kind, string Label, long? Size)[] Mine(List<ShmEvent> events) =>
        [.. events.Where(one => one.Label.StartsWith("/" + _name, StringComparison.Ordinal))
            .Select(static one => (one.Kind, one.Label, one.Size))];

    [Fact]
    public void Inotify_tells_what_happens_and_not_by_whom()
    {
        using var changes = new PosixChanges();
        using var source = InotifyEvents.TryStart(changes)!;
        List<ShmEvent> events = [];
        System.IO.File.WriteAllText(File, "abc");
        source.Read(events);
        Assert.Equal(
            [(ShmEventKind.Made, "/" + _name, 3L), (ShmEventKind.Opened, "/" + _name, 3L)], Mine(events).Distinct());
        Assert.All(events, static one => Assert.Null(one.ProcessId));

        events.Clear();
        using (var stream = System.IO.File.OpenWrite(File))
        {
            stream.SetLength(5000);
        }

        source.Read(events);
        var resized = Assert.Single(events, static one => one.Kind == ShmEventKind.Resized);
        Assert.Equal((3L, 5000L), (resized.OldSize, resized.Size));

        events.Clear();
        System.IO.File.Move(File, File + "-2");
        System.IO.File.Delete(File + "-2");
        source.Read(events);
        // It has its size although it is gone when it is told.
        Assert.Equal((ShmEventKind.Removed, "/" + _name, 5000L), Mine(events)[0]);
        Assert.Equal(ShmEventKind.Removed, Mine(events)[^1].Kind);
    }

    [Fact]
    public void Inotify_follows_into_directories_that_are_made_later()
    {
        using var changes = new PosixChanges();
        using var source = InotifyEvents.TryStart(changes)!;
        List<ShmEvent> events = [];
        Directory.CreateDirectory(File);
        System.IO.File.WriteAllText(File + "/early", "x");
        source.Read(events);
        System.IO.File.WriteAllText(File + "/late", "x");
        source.Read(events);
        Assert.Equal(
            [$"/{_name}/early", $"/{_name}/late"],
            Mine(events).Where(static one => one.Kind == ShmEventKind.Made).Select(static one => one.Label).Distinct());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Too_much_at_once_is_an_overflow_and_the_books_are_right_again(bool isFanotify)
    {
        using var changes = new PosixChanges();
        using var fanotify = isFanotify ? FanotifyEvents.TryStart(changes, new ActorFinder()) : null;
        Assert.SkipWhen(isFanotify && fanotify is null, "fanotify is for the privileged only");
        using var inotify = isFanotify ? null : InotifyEvents.TryStart(changes);
        var limit = System.IO.File.ReadAllText(
            isFanotify ? "/proc/sys/fs/fanotify/max_queued_events" : "/proc/sys/fs/inotify/max_queued_events");
        Assert.SkipWhen(
            int.Parse(limit, System.Globalization.CultureInfo.InvariantCulture) > Flood, "the host keeps more");
        for (var i = 0; i < Flood; i++)
        {
            var path = $"{File}-{i}";
            System.IO.File.Create(path).Dispose();
            System.IO.File.Delete(path);
        }

        System.IO.File.WriteAllText(File, "kept");
        List<ShmEvent> events = [];
        fanotify?.Read(events);
        inotify?.Read(events);
        Assert.Contains(events, static one => one.Kind == ShmEventKind.Overflow);
        Assert.Contains((ShmEventKind.Made, "/" + _name, 4L), Mine(events));

        events.Clear();
        System.IO.File.Delete(File);
        fanotify?.Read(events);
        inotify?.Read(events);
        Assert.Equal([(ShmEventKind.Removed, "/" + _name, 4L)], Mine(events));
    }

    [Fact]
    public void Listings_that_are_compared_tell_what_stays()
    {
        using var changes = new PosixChanges();
        List<ShmEvent> events = [];
        System.IO.File.WriteAllText(File, "abc");
        changes.AddDifferences(events);
        Assert.Equal((ShmEventKind.Made, "/" + _name, 3L), Assert.Single(Mine(events)));
        events.Clear();
        System.IO.File.AppendAllText(File, "def");
        changes.AddDifferences(events);
        Assert.Equal((ShmEventKind.Resized, "/" + _name, 6L), Assert.Single(Mine(events)));
        events.Clear();
        System.IO.File.WriteAllText(File + "-new", "another");
        System.IO.File.Move(File + "-new", File, true);
        changes.AddDifferences(events);
        Assert.Equal(
            [(ShmEventKind.Removed, "/" + _name, 6L), (ShmEventKind.Made, "/" + _name, 7L)], Mine(events));
    }

    [Fact]
    public void A_tracepoint_is_read_by_the_names_of_its_fields()
    {
        using var files = TracingFiles.TryOpen();
        Assert.SkipWhen(files is null, "tracefs is for the privileged only");
        var point = Tracepoint.TryRead(files, "sys_enter_shmget");
        Assert.SkipWhen(point is null, "the kernel has no tracepoints of system calls");
        Assert.InRange(point.OffsetOf("key")!.Value, 16, 64);
        Assert.Equal(point.OffsetOf("key") + 16, point.OffsetOf("shmflg"));
        Assert.Null(point.OffsetOf("ey"));
        // What is there and has not the size of a register.
        Assert.Null(point.OffsetOf("common_pid"));
        Assert.Null(Tracepoint.TryRead(files, "sys_enter_of_nothing"));
    }

    [Fact]
    public void More_calls_than_the_ring_holds_are_an_overflow_and_the_books_are_right_again()
    {
        using var calls = SysVCalls.TryStart();
        Assert.SkipWhen(calls is null, "tracepoints are for the privileged only");
        var changes = new SysVChanges(new ActorFinder(), calls);
        var kept = SysVSegments.CreatePrivate(new ShmCreateOptions { Size = 4096 });
        try
        {
            for (var i = 0; i < Flood; i++)
            {
                _ = Libc.shmget(Libc.IPC_PRIVATE, 0, Libc.IPC_CREAT);
                _ = Libc.shmctl(kept.Id is { } id ? (int)id : -1, Libc.IPC_RMID + 100);
                _ = Libc.shmget(Libc.IPC_PRIVATE, 0, Libc.IPC_CREAT);
            }

            var events = Settle(changes, calls);
            Assert.Contains(
                events, static one => one is { Kind: ShmEventKind.Overflow, Source: ShmEventSource.Tracepoint });
            Assert.Single(events, one => one.Label == kept.Label && one.Kind == ShmEventKind.Made);
        }
        finally
        {
            SysVSegments.Remove(kept);
        }

        var rest = Settle(changes, calls);
        var removed = Assert.Single(rest, one => one.Label == kept.Label);
        Assert.Equal(
            (ShmEventKind.Removed, Environment.ProcessId, 4096L), (removed.Kind, removed.ProcessId, removed.Size));
    }

    // What the kernel has told so far, which is taken a moment later.
    private static List<ShmEvent> Settle(SysVChanges changes, SysVCalls calls)
    {
        List<ShmEvent> events = [];
        do
        {
            System.Threading.Thread.Sleep(2);
            changes.AddCalls(events);
        }
        while (calls.IsSettling);
        changes.AddUnexplained(events);
        changes.AddUnexplained(events);
        return events;
    }
}
