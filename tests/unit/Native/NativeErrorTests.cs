using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Native;

public class NativeErrorTests
{
    [Theory]
    [InlineData("shmget", Errno.ENOENT, ShmErrorId.SegmentNotFound)]
    [InlineData("shmget", Errno.EEXIST, ShmErrorId.SegmentExists)]
    [InlineData("shmget", Errno.EINVAL, ShmErrorId.InvalidSize)]
    [InlineData("shmget", Errno.ENOSPC, ShmErrorId.LimitReached)]
    [InlineData("shmctl", Errno.EINVAL, ShmErrorId.SegmentNotFound)]
    [InlineData("shmctl", Errno.EIDRM, ShmErrorId.SegmentNotFound)]
    [InlineData("openat", Errno.EINVAL, ShmErrorId.InvalidName)]
    [InlineData("fallocate", Errno.ENOSPC, ShmErrorId.NoSpace)]
    [InlineData("mmap", Errno.EEXIST, ShmErrorId.AddressInUse)]
    [InlineData("anything", Errno.EACCES, ShmErrorId.AccessDenied)]
    [InlineData("anything", Errno.EIO, ShmErrorId.NativeCallFailed)]
    public void The_condition_hangs_on_function_and_errno(string function, object errno, ShmErrorId expected)
    {
        var error = NativeError.From(function, (int)(Errno)errno, "do something");

        Assert.Equal(expected, error.ErrorId);
        Assert.Equal(function, error.Function);
        Assert.Equal((int)(Errno)errno, error.Errno);
    }

    [Fact]
    public void The_message_says_what_was_attempted_and_the_name_of_errno()
    {
        var error = NativeError.From("openat", (int)Errno.EACCES, "open '/pst-x'", "/pst-x");

        Assert.StartsWith("Cannot open '/pst-x': ", error.Message, System.StringComparison.Ordinal);
        Assert.Contains("(openat: EACCES)", error.Message, System.StringComparison.Ordinal);
        Assert.Equal("/pst-x", error.Target);
    }

    [Fact]
    public void An_unknown_errno_is_shown_as_its_number() => Assert.Equal("errno 4000", NativeError.Name(4000));
}
