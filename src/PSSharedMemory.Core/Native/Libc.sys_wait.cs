using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>sys/wait.h.</summary>
internal static unsafe partial class Libc
{
    public const int P_PID = 1;

    public const int WEXITED = 4;

    /// <summary>Leaves the child as it is, to be waited for once more.</summary>
    public const int WNOWAIT = 0x01000000;

    /// <summary>
    /// In si_code: it ended by itself, and si_status is its exit code. Otherwise si_status is the signal.
    /// </summary>
    public const int CLD_EXITED = 1;

    /// <summary>waitid(2) for one child; blocks until it has ended.</summary>
    public static int waitid(int pid, int options, out siginfo_t info)
    {
        fixed (siginfo_t* pointer = &info)
        {
            *pointer = default;
            int result;
            do
            {
                result = Fold(waitid_(P_PID, (uint)pid, pointer, options));
            }
            while (result == -(int)Errno.EINTR);

            return result;
        }
    }

    [LibraryImport(Library, EntryPoint = "waitid", SetLastError = true)]
    private static partial int waitid_(int idtype, uint id, siginfo_t* infop, int options);
}
