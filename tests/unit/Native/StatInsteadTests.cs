using System.IO;
using System.Text;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Native;

/// <summary>Where statx is refused, newfstatat tells the same.</summary>
public unsafe class StatInsteadTests
{
    [Theory]
    [InlineData("/proc/self/exe")]
    [InlineData("/dev/null")]
    [InlineData("/dev/shm")]
    [InlineData("/")]
    [InlineData("/etc/passwd")]
    public void Both_calls_tell_the_same(string path)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            Assert.Equal(0, Libc.statx(Libc.AT_FDCWD, name, 0, Libc.STATX_BASIC_STATS, out var expected));
            Assert.Equal(0, Libc.StatInstead(Libc.AT_FDCWD, name, Libc.AT_STATX_DONT_SYNC, out var actual));
            Assert.Equal(Facts(expected), Facts(actual));
            Assert.Equal(Libc.STATX_BASIC_STATS, actual.stx_mask);
        }
    }

    [Fact]
    public void The_same_is_told_of_a_descriptor()
    {
        using var file = File.OpenRead("/etc/passwd");
        byte empty = 0;
        Assert.Equal(0, Libc.statx(file.SafeFileHandle, Libc.STATX_BASIC_STATS, out var expected));
        Assert.Equal(0, Libc.StatInstead(file.SafeFileHandle, &empty, Libc.AT_EMPTY_PATH, out var actual));
        Assert.Equal(Facts(expected), Facts(actual));
    }

    [Fact]
    public void What_is_not_there_is_the_same_error()
    {
        fixed (byte* name = "/nothing/here\0"u8)
        {
            Assert.Equal(-(int)Errno.ENOENT, Libc.StatInstead(Libc.AT_FDCWD, name, 0, out _));
        }
    }

    private static object Facts(in Libc.statx_buffer data) => (
        data.stx_mode, data.stx_nlink, data.stx_uid, data.stx_gid, data.stx_ino, data.stx_size, data.stx_blocks,
        (data.stx_dev_major, data.stx_dev_minor, data.stx_rdev_major, data.stx_rdev_minor),
        (data.stx_ctime.tv_sec, data.stx_ctime.tv_nsec, data.stx_mtime.tv_sec, data.stx_mtime.tv_nsec));
}
