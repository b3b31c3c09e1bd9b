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
    [InlineData("/[0-9]+:[0-9]+", "/12:7", true)]
    [InlineData("/[0-9]+:[0-9]+", "/12:", false)]
    [InlineData("/[0-9]+:[0-9]+", "/:7", false)]
    [InlineData("/[0-9]+:[0-9]+", "/12:7b", false)]
    [InlineData("/[0-9]+[0-9a-f]+x", "/12abx", true)]
    [InlineData("/[0-9]+[0-9a-f]+x", "/1x", false)]
    [InlineData("/psm_[0-9a-f]{8}", "/psm_4f2a9c11", true)]
    [InlineData("/psm_[0-9a-f]{8}", "/psm_4f2a9c1", false)]
    [InlineData("/psm_[0-9a-f]{8}", "/psm_4f2a9c112", false)]
    [InlineData("/psm_[0-9a-f]{8}", "/psm_4f2a9c1g", false)]
    [InlineData("/*.[0-9]+.*", "/a.b.3.c", true)]
    [InlineData("/*.[0-9]+.*", "/a.b.c", false)]
    [InlineData("/*[0-9]+", "/ab7/8", false)]
    [InlineData("/[a-z]{2}*", "/ab", true)]
    [InlineData("/[a-z]{2}*", "/a1", false)]
    [InlineData("/a+{2}", "/a+{2}", true)]
    [InlineData("*", "", true)]
    [InlineData("**", "ab", true)]
    [InlineData("", "x", false)]
    public void Matches_whole_names(string pattern, string name, bool expected) =>
        Assert.Equal(expected, NamePattern.IsMatch(pattern, name));

    [Theory]
    [InlineData("/[abc", false)]
    [InlineData("/[]", false)]
    [InlineData("/[a]", true)]
    [InlineData("/a]", true)]
    [InlineData("/[a]+", true)]
    [InlineData("/[a]{8}", true)]
    [InlineData("/[a]{255}", true)]
    [InlineData("/[a]{256}", false)]
    [InlineData("/[a]{0}", false)]
    [InlineData("/[a]{-1}", false)]
    [InlineData("/[a]{", false)]
    [InlineData("/[a]{}", false)]
    [InlineData("/[a]{2,3}", false)]
    [InlineData("/{x}", true)]
    public void Refuses_a_set_that_is_not_closed_and_a_number_that_is_none(string pattern, bool expected) =>
        Assert.Equal(expected, NamePattern.IsValid(pattern));

    [Fact]
    public void No_pattern_takes_long()
    {
        var clock = FairClock.StartNew();
        Assert.False(NamePattern.IsMatch(
            "/" + string.Concat(System.Linq.Enumerable.Repeat("*a", 100)) + "b", "/" + new string('a', 255)));
        Assert.False(NamePattern.IsMatch(
            "/" + string.Concat(System.Linq.Enumerable.Repeat("[a-c]+[a-b]{255}", 30)) + "!",
            "/" + new string('a', 1000)));
        Assert.True(clock.Elapsed.TotalSeconds < 1);
    }
}
