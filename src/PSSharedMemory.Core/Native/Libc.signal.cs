using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>signal.h: signals to other processes.</summary>
internal static unsafe partial class Libc
{
    public const int SIGTERM = 15;

    public static int kill(int pid, int sig) => Fold(kill_(pid, sig));

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    private static partial int kill_(int pid, int sig);
}
