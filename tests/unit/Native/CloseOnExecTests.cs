using System;
using System.Globalization;
using System.IO;
using System.Linq;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Native;

/// <summary>
/// No descriptor of ours is inherited by a program that is started: each is made that way, since another thread may be
/// starting one at that instant.
/// </summary>
public unsafe class CloseOnExecTests
{
    private const int CloseOnExec = 0x80000;

    [Fact]
    public void Descriptors_are_made_so()
    {
        fixed (byte* path = "/proc/self\0"u8, leaf = "status\0"u8)
        {
            using var opened = Libc.open("/proc/self", Libc.O_RDONLY);
            using var numbered = new DescriptorHandle(Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY));
            using var below = Libc.openat(opened, leaf, Libc.O_RDONLY);
            using var resolved = Libc.openat2(opened, leaf, Libc.O_RDONLY, 0);
            using var watch = Libc.inotify_init();
            using var memory = MemFdSegments.Create("pst-exec", new ShmCreateOptions { Size = 1 }).Descriptor;

            Assert.All([opened, numbered, below, watch, memory!], AssertCloses);
            if (!resolved.IsInvalid)
            {
                AssertCloses(resolved);
            }
        }
    }

    private static void AssertCloses(DescriptorHandle descriptor)
    {
        var flags = File.ReadLines($"/proc/self/fdinfo/{descriptor.Number}")
            .Single(static line => line.StartsWith("flags:", StringComparison.Ordinal));
        Assert.NotEqual(0, Convert.ToInt32(flags[6..].Trim().ToString(CultureInfo.InvariantCulture), 8) & CloseOnExec);
    }
}
