using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The limit on the size of files (RLIMIT_FSIZE), which holds for shared memory objects too: a call that would go
/// beyond it is answered with a signal, SIGXFSZ, that ends the process.
/// </summary>
internal static class FileSizeLimit
{
    /// <summary>Refuses to make a file larger than it may be, before the kernel does.</summary>
    /// <param name="function">What would be called.</param>
    /// <param name="size">Bytes that it is to have.</param>
    /// <param name="attempted">Completes "Cannot …".</param>
    /// <param name="target">The file or segment.</param>
    /// <exception cref="ShmException">LimitReached.</exception>
    public static void Require(string function, long size, string attempted, object target)
    {
        if (Libc.getrlimit(Libc.RLIMIT_FSIZE, out var limit) >= 0 && (ulong)size > limit.rlim_cur)
        {
            throw NativeError.From(
                ShmErrorId.LimitReached, function, (int)Errno.EFBIG, attempted,
                $"this process may make files of {limit.rlim_cur} bytes at most (RLIMIT_FSIZE)",
                "Raise it with ulimit -f.", target);
        }
    }
}
