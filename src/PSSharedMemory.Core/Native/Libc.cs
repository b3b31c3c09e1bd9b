using System.Runtime.InteropServices;

namespace PSSharedMemory.Native;

/// <summary>
/// The C library, one partial file for each header. A wrapper returns what the kernel itself does: a result from 0 up,
/// or minus errno, or a handle that knows its errno. Nothing else reads errno.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    /// <summary>
    /// Whether an address that a wrapper returned is an error: the kernel keeps -4095 to -1 for them.
    /// </summary>
    public static bool IsError(nint address) => address is < 0 and >= -4095;

    private static int Fold(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    private static long Fold(long result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    /// <summary>MAP_FAILED and shmat's failure are both (void *) -1.</summary>
    private static nint FoldAddress(nint result) => result != -1 ? result : -Marshal.GetLastPInvokeError();
}
