using System;
using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>poll.h, and signals to a process that a descriptor stands for.</summary>
internal static unsafe partial class Libc
{
    private const short POLLIN = 1;

    // The same on all architectures.
    private const nint PidfdSendSignal = 424;

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

    /// <summary>Whether the process of a pidfd still lives.</summary>
    public static bool IsAlive(int pidfd) => Fold(signal_syscall(PidfdSendSignal, pidfd, 0, 0, 0)) >= 0;

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    private static partial int poll_(pollfd* fds, nuint nfds, int timeout);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long signal_syscall(nint number, nint pidfd, nint signal, nint info, nint flags);

    /// <summary>struct pollfd.</summary>
    public struct pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }
}
