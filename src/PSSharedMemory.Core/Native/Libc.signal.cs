using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>signal.h: signals to other processes, and sets of them.</summary>
internal static unsafe partial class Libc
{
    public const int SIGKILL = 9;
    public const int SIGPIPE = 13;
    public const int SIGTERM = 15;

    /// <summary>A set of signals; all zero is the empty one.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct sigset_t
    {
        private fixed ulong _bits[16];

        /// <summary>The set with one more signal.</summary>
        public sigset_t With(int signal)
        {
            var set = this;
            set._bits[(signal - 1) / 64] |= 1UL << ((signal - 1) % 64);
            return set;
        }
    }

    /// <summary>What waitid tells of a child.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct siginfo_t
    {
        public int si_signo;
        public int si_errno;
        public int si_code;
        private readonly int _pad0;
        public int si_pid;
        public uint si_uid;
        public int si_status;
        private readonly int _pad1;
        private fixed ulong _rest[12];
    }

    public static int kill(int pid, int sig) => Fold(kill_(pid, sig));

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    private static partial int kill_(int pid, int sig);
}
