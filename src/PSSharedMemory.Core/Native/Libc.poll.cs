using System;
using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>poll.h.</summary>
internal static unsafe partial class Libc
{
    private const short POLLIN = 1;

    /// <summary>Whether one of the descriptors has something to read within this many milliseconds.</summary>
    public static bool PollIn(ReadOnlySpan<DescriptorHandle> descriptors, int milliseconds)
    {
        var polled = stackalloc pollfd[descriptors.Length];
        for (var i = 0; i < descriptors.Length; i++)
        {
            polled[i] = new pollfd { fd = descriptors[i].Number, events = POLLIN };
        }

        // Interrupted is as good as nothing there: the caller looks again.
        return Fold(poll_(polled, (nuint)descriptors.Length, milliseconds)) > 0;
    }

    /// <summary>Whether a descriptor has something to read within this many milliseconds.</summary>
    public static bool PollIn(int fd, int milliseconds)
    {
        var polled = new pollfd { fd = fd, events = POLLIN };
        return Fold(poll_(&polled, 1, milliseconds)) > 0;
    }

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    private static partial int poll_(pollfd* fds, nuint nfds, int timeout);

    /// <summary>struct pollfd.</summary>
    public struct pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }
}
