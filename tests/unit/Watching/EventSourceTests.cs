using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests.Watching;

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
}
