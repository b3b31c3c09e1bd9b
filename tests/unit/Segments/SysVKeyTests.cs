using System.Diagnostics;
using System.Globalization;
using System.IO;
using Xunit;

namespace PSSharedMemory.UnitTests.Segments;

public class SysVKeyTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("-1", -1)]
    [InlineData("0x1234", 0x1234)]
    [InlineData("0XDEADBEEF", unchecked((int)0xDEADBEEF))]
    [InlineData("4294967295", -1)]
    public void Numbers_of_32_bits_are_keys(string text, int expected)
    {
        Assert.True(SysVKey.TryParse(text, out var key));
        Assert.Equal(expected, key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("zz")]
    [InlineData("0x")]
    [InlineData("0x123456789")]
    [InlineData("4294967296")]
    [InlineData("1.5")]
    public void Anything_else_is_none(string text) => Assert.False(SysVKey.TryParse(text, out _));

    [Fact]
    public void A_path_gives_the_key_that_it_gives_to_Perl()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/perl"), "no perl");
        var path = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(
                "/usr/bin/perl",
                ["-MIPC::SysV=ftok", "-e", "print ftok($ARGV[0], 65)", path])
            { RedirectStandardOutput = true };
            using var perl = Process.Start(start)!;
            var expected = long.Parse(perl.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
            perl.WaitForExit();

            Assert.Equal(unchecked((int)expected), SysVKey.FromPath(path, 65));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("/no/such/file", 1)]
    [InlineData("/", 0)]
    [InlineData("/", 256)]
    public void What_has_no_key_is_InvalidKey(string path, int projectId) =>
        Assert.Equal(
            ShmErrorId.InvalidKey, Assert.Throws<ShmException>(() => SysVKey.FromPath(path, projectId)).ErrorId);
}
