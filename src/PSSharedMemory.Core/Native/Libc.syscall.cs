using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>System calls on files that not every C library has a function for (syscall(2)).</summary>
internal static unsafe partial class Libc
{
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long file_syscall(nint number, SafeHandle fd, nint b, nint c, nint d, nint e);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial long file_syscall(nint number, nint fd, nint b, nint c, nint d, nint e);

    // asm/unistd_64.h and asm-generic/unistd.h.
    private static class FileCalls
    {
        private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

        public static nint Statx { get; } = IsArm ? 291 : 332;

        public static nint NewFStatAt { get; } = IsArm ? 79 : 262;

        public static nint GetDents64 { get; } = IsArm ? 61 : 217;

        public static nint OpenAt2 => 437;
    }
}
