using System.Diagnostics;
using Xunit;

namespace PSSharedMemory.UnitTests.Origins;

public class NamePatternTests
{
    [Theory]
    [InlineData("/acme-*", "/acme-1", true)]
    [InlineData("/acme-*", "/acme-", true)]
    [InlineData("/acme-*", "/Acme-1", false)]
    [InlineData("/acme-*", "/acme-1/log", false)]
    [InlineData("/acme-*/*", "/acme-1/log", true)]
    [InlineData("/acme-*/*", "/acme-1/log/0", false)]
    [InlineData("/a?c", "/abc", true)]
    [InlineData("/a?c", "/a/c", false)]
    [InlineData("/[a-f0-9]x", "/bx", true)]
    [InlineData("/[a-f0-9]x", "/gx", false)]
    [InlineData("/[ab-]x", "/-x", true)]
    [InlineData("/*-fsync", "/wine-fsync-fsync", true)]
    [InlineData("/*-fsync", "/wine-fsync-", false)]
    [InlineData("/sem.*", "/sem.", true)]
    [InlineData("/x", "/xy", false)]
    [InlineData("/$x.(a|b)", "/$x.(a|b)", true)]
    [InlineData("*", "", true)]
    [InlineData("", "x", false)]
    public void Matches_whole_names(string pattern, string name, bool expected) =>
        Assert.Equal(expected, NamePattern.IsMatch(pattern, name));

    [Theory]
    [InlineData("/[abc", false)]
    [InlineData("/[]", false)]
    [InlineData("/[a]", true)]
    [InlineData("/a]", true)]
    public void Refuses_a_set_that_is_not_closed(string pattern, bool expected) =>
        Assert.Equal(expected, NamePattern.IsValid(pattern));

    [Fact]
    public void No_pattern_takes_long()
    {
        var clock = Stopwatch.StartNew();
        Assert.False(NamePattern.IsMatch(
            "/" + string.Concat(System.Linq.Enumerable.Repeat("*a", 100)) + "b", "/" + new string('a', 255)));
        Assert.True(clock.ElapsedMilliseconds < 1000);
    }
}
