using System;
using System.Linq;
using Xunit;

namespace PSSharedMemory.UnitTests.Segments;

public class PosixNameTests
{
    public static TheoryData<string> BadNames => new(
        "", "/", "name", "//", "/a//b", "/a/", "/a/..", "/./a", "/.", "/..", "/a\0b", "/" + new string('x', 256),
        "/" + new string('é', 128),
        "/a/" + new string('x', 256), string.Concat(Enumerable.Repeat("/directory", 500)));

    [Theory]
    [MemberData(nameof(BadNames))]
    public void What_is_no_name_is_refused(string name) =>
        Assert.Equal(ShmErrorId.InvalidName, Assert.Throws<ShmException>(() => PosixName.ToBytes(name)).ErrorId);

    // Not among the rows above: a row is carried as UTF-8, which has no lone surrogates.
    [Fact]
    public void Half_a_surrogate_pair_is_refused() =>
        Assert.Equal(
            ShmErrorId.InvalidName, Assert.Throws<ShmException>(static () => PosixName.ToBytes("/\uD800")).ErrorId);

    [Theory]
    [InlineData("/a")]
    [InlineData("/with space")]
    [InlineData("/new\nline")]
    [InlineData("/sem.x")]
    [InlineData("/relay/terms/log.0")]
    [InlineData("/日本語")]
    [InlineData("/😀")]
    public void Names_come_back_from_their_bytes(string name)
    {
        var bytes = PosixName.ToBytes(name);

        Assert.Equal(0, bytes[^1]);
        Assert.Equal(name, PosixName.FromBytes(bytes.AsSpan(1..^1)));
    }

    [Fact]
    public void The_longest_name_has_255_bytes() =>
        Assert.Equal(257, PosixName.ToBytes("/" + new string('x', 255)).Length);

    [Fact]
    public void Bytes_that_are_no_UTF8_come_back_as_they_were()
    {
        var random = new Random(20261123);
        for (var i = 0; i < 2000; i++)
        {
            var entry = new byte[random.Next(1, 64)];
            random.NextBytes(entry);
            entry = [.. entry.Where(static raw => raw is not 0 and not (byte)'/')];
            if (entry.Length > 0 && entry is not [(byte)'.'] and not [(byte)'.', (byte)'.'])
            {
                Assert.Equal(entry, PosixName.ToBytes(PosixName.FromBytes(entry))[1..^1]);
            }
        }
    }

    [Theory]
    [InlineData("orders", "/orders")]
    [InlineData("/orders", "/orders")]
    [InlineData("/dev/shm/orders", "/orders")]
    [InlineData("relay/log.0", "/relay/log.0")]
    [InlineData("/dev/shm/relay/log.0", "/relay/log.0")]
    [InlineData("/dev/shmx", "/dev/shmx")]
    [InlineData("...", "/...")]
    [InlineData("//orders", "/orders")]
    [InlineData("orders/", "/orders")]
    [InlineData("/dev//shm/relay///log.0", "/relay/log.0")]
    [InlineData("file:///dev/shm/with%20space", "/with space")]
    public void Every_form_of_a_name_is_read(string text, string name) => Assert.Equal(name, PosixName.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/dev/shm")]
    [InlineData("/dev/shm/")]
    [InlineData("//")]
    [InlineData("file:///dev/shm/")]
    [InlineData("file:///dev/shm/a/../b")]
    [InlineData("/a/../b")]
    [InlineData("..")]
    [InlineData("./x")]
    [InlineData("a\0b")]
    public void What_leads_elsewhere_is_refused(string text) =>
        Assert.Equal(ShmErrorId.InvalidName, Assert.Throws<ShmException>(() => PosixName.Parse(text)).ErrorId);
}
