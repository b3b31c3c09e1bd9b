using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Segments;

/// <summary>An object has no name, not even a temporary one, before it is whole.</summary>
public sealed class PosixCreationTests : IDisposable
{
    private const long Size = 1 << 20;

    private readonly string _name = $"/pst-creation-{Guid.NewGuid():N}";

    public void Dispose() => File.Delete($"/dev/shm{_name}");

    [Fact]
    public void It_is_seen_whole_or_not_at_all()
    {
        var seen = new List<string>();
        var progress = new Now(() => seen.AddRange(Mine()));
        PosixSegments.Create(
            _name, new ShmCreateOptions { Size = Size, Mode = UnixFileMode.UserRead, Progress = progress },
            TestContext.Current.CancellationToken);
        Assert.True(progress.Count > 0);
        Assert.Empty(seen);
        var file = Assert.Single(Mine());
        Assert.Equal(Size, new FileInfo(file).Length);
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Of_one_that_is_cancelled_nothing_is_left()
    {
        var progress = new Now(static () => throw new OperationCanceledException());
        Assert.Throws<OperationCanceledException>(() => PosixSegments.Create(
            _name, new ShmCreateOptions { Size = Size, Progress = progress }, TestContext.Current.CancellationToken));
        Assert.Empty(Mine());
    }

    /// <summary>What has the name by the time that the new file is to get it stays, by either way of naming.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_name_that_was_taken_meanwhile_stays_with_its_object(bool isNamed)
    {
        var path = $"/dev/shm{_name}";
        using (var made = NewFile.TryMake(CString.ToBytes(path), isNamed, out var errno))
        {
            Assert.Equal(Errno.None, errno);
            Assert.Equal(isNamed, !made!.IsUnnamed);
            File.WriteAllText(path, "another's");
            Assert.Equal(Errno.EEXIST, made.TryName(CString.ToBytes(path)));
        }

        Assert.Equal("another's", File.ReadAllText(path));
        Assert.Single(Mine());
    }

    private IEnumerable<string> Mine() => new DirectoryInfo("/dev/shm")
        .EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None })
        .Select(static entry => entry.FullName)
        .Where(path => path.Contains(_name[1..], StringComparison.Ordinal));

    private sealed class Now(Action act) : IProgress<long>
    {
        public int Count { get; private set; }

        public void Report(long value)
        {
            Count++;
            act();
        }
    }
}
