using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// The file size limit (RLIMIT_FSIZE), which applies to shared memory objects too: exceeding it raises SIGXFSZ, which
/// ends the process.
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
