using System;
using System.IO;
using System.Linq;
using System.Text;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Segments;

/// <summary>Any directory can stand for /dev/shm: these make one of their own.</summary>
public sealed class PosixFileSystemTests : IDisposable
{
    private readonly string _top = Directory.CreateTempSubdirectory("pst-posix-").FullName;
    private readonly PosixFileSystem _system;

    public PosixFileSystemTests()
    {
        Directory.CreateDirectory($"{_top}/a/b/c");
        File.WriteAllText($"{_top}/a/b/c/deep", "deep");
        File.WriteAllText($"{_top}/top", "top");
        File.CreateSymbolicLink($"{_top}/away", "/etc");
        File.CreateSymbolicLink($"{_top}/a/up", "..");
        _system = PosixFileSystem.Open(_top);
    }

    public void Dispose()
    {
        _system.Dispose();
        Directory.Delete(_top, recursive: true);
    }

    [Theory]
    [InlineData("proc")]
    [InlineData("proc/self")]
    public void The_way_without_openat2_leads_to_no_other_file_system(string path)
    {
        using var root = PosixFileSystem.Open("/");
        using var found = root.OpenStepwise(Encoding.UTF8.GetBytes(path + '\0'), Libc.O_PATH);
        Assert.Equal((int)Errno.EXDEV, found.Errno);
    }

    [Fact]
    public void A_listing_has_all_objects_and_all_else()
    {
        var listing = _system.List(TestContext.Current.CancellationToken);

        Assert.Equal(
            ["/a/b/c/deep", "/top"],
            listing.Segments.Select(static segment => segment.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["Directory /a", "Directory /a/b", "Directory /a/b/c", "Link /a/up", "Link /away"],
            listing.Others.Select(static entry => $"{entry.Kind} {entry.Name}").Order(StringComparer.Ordinal));
    }

    // What openat2(2) answers and what the steps without it do must be the same.
    [Theory]
    [InlineData("a", 0)]
    [InlineData("a/b/c", 0)]
    [InlineData("a/nowhere", 2)]
    [InlineData("top", 20)]
    [InlineData("top/x", 20)]
    public void A_directory_is_opened_with_and_without_openat2(string path, int errno)
    {
        var bytes = Encoding.UTF8.GetBytes(path + '\0');
        using var atOnce = _system.OpenDirectory(bytes, Libc.O_RDONLY);
        using var stepwise = _system.OpenStepwise(bytes, Libc.O_RDONLY);

        Assert.Equal(errno, atOnce.Errno);
        Assert.Equal(errno, stepwise.Errno);
    }

    [Theory]
    [InlineData("away")]
    [InlineData("a/up")]
    [InlineData("a/up/a/b")]
    [InlineData("away/ssl")]
    public void No_link_is_followed(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path + '\0');
        using var atOnce = _system.OpenDirectory(bytes, Libc.O_PATH);
        using var stepwise = _system.OpenStepwise(bytes, Libc.O_PATH);

        Assert.True(atOnce.IsInvalid);
        Assert.True(stepwise.IsInvalid);
    }

    [Fact]
    public void An_object_that_became_a_link_is_not_opened_where_it_leads()
    {
        // Where a link leads may be a device, which notices that it's opened, whatever is looked at afterwards.
        var name = $"/pst-link-{Guid.NewGuid():N}";
        File.CreateSymbolicLink($"{_top}/link", "top");
        File.CreateSymbolicLink($"/dev/shm{name}", "/dev/null");
        try
        {
            using var atOnce = PosixFileSystem.TryOpenTop(name, Libc.O_RDONLY);
            using var stepwise = _system.Open("/link", Libc.O_RDONLY);

            Assert.Null(atOnce);
            Assert.Equal((int)Errno.ELOOP, stepwise.Errno);
        }
        finally
        {
            File.Delete($"/dev/shm{name}");
        }
    }

    [Fact]
    public void A_deep_object_is_opened_by_its_name()
    {
        using var descriptor = _system.Open("/a/b/c/deep", Libc.O_RDONLY);

        Assert.Equal(
            _system.TryFind("/a/b/c/deep")!.Inode, SegmentDescription.Of(ShmKind.Posix, "/x", descriptor).Inode);
    }
}
