using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>signal.h: signals to other processes, and sets of them.</summary>
internal static unsafe partial class Libc
{
    public const int SIGBUS = 7;
    public const int SIGKILL = 9;
    public const int SIGSEGV = 11;
    public const int SIGPIPE = 13;
    public const int SIGTERM = 15;
    public const int SIGTSTP = 20;

    public const nint SIG_DFL = 0;
    public const nint SIG_IGN = 1;

    public const int SA_SIGINFO = 4;
    public const int SA_ONSTACK = 0x08000000;
    public const int SA_RESTART = 0x10000000;
    public const int SA_RESETHAND = unchecked((int)0x80000000);

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

    /// <summary>struct sigaction of the C library: glibc and musl lay it out alike on x64 and arm64.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct sigaction_t
    {
        public nint sa_handler;
        public sigset_t sa_mask;
        public int sa_flags;
        public nint sa_restorer;
    }

    /// <summary>
    /// The address of sigemptyset(3), which clears the bytes of a <see cref="sigset_t"/>; 0 where it isn't found.
    /// </summary>
    public static nint sigemptyset { get; } =
        NativeLibrary.TryLoad(Library, typeof(Libc).Assembly, null, out var handle)
            && NativeLibrary.TryGetExport(handle, nameof(sigemptyset), out var address)
            ? address
            : 0;

    /// <summary>Null leaves the action as it is.</summary>
    public static int sigaction(int signum, sigaction_t* act, out sigaction_t oldact)
    {
        fixed (sigaction_t* old = &oldact)
        {
            return Fold(sigaction_(signum, act, old));
        }
    }

    public static int kill(int pid, int sig) => Fold(kill_(pid, sig));

    /// <summary>To the calling thread: what it does has been done when this returns.</summary>
    public static int raise(int sig) => Fold(raise_(sig));

    [LibraryImport(Library, EntryPoint = "raise", SetLastError = true)]
    private static partial int raise_(int sig);

    [LibraryImport(Library, EntryPoint = "sigaction", SetLastError = true)]
    private static partial int sigaction_(int signum, sigaction_t* act, sigaction_t* oldact);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    private static partial int kill_(int pid, int sig);
}
