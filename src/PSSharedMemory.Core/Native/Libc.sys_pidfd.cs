using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/pidfd.h: a process as a descriptor, which no later process with its id takes over.</summary>
internal static unsafe partial class Libc
{
    // The same numbers on every architecture; glibc has the functions since 2.36 only.
    private const nint SYS_pidfd_send_signal = 424;
    private const nint SYS_pidfd_open = 434;

    /// <summary>pidfd_open(2), always close-on-exec; an invalid handle says why not. Linux 5.3.</summary>
    public static DescriptorHandle pidfd_open(int pid) => new(Fold((int)syscall_pidfd_open(SYS_pidfd_open, pid, 0)));

    /// <summary>Whether the process of a pidfd still lives.</summary>
    public static bool IsAlive(int pidfd) =>
        Fold(syscall_pidfd_send_signal(SYS_pidfd_send_signal, pidfd, 0, 0, 0)) >= 0;

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall_pidfd_open(nint number, nint pid, nuint flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long syscall_pidfd_send_signal(nint number, nint pidfd, nint signal, nint info, nuint flags);
}
