using System.Collections.Generic;
using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>Why a program cannot be started: what posix_spawn(3) tells, and what is checked before.</summary>
internal static class SpawnErrors
{
    /// <summary>Refuses texts that C would end early.</summary>
    /// <param name="function">What would be called.</param>
    /// <param name="attempted">Completes "Cannot …".</param>
    /// <param name="program">The program.</param>
    /// <param name="texts">Its arguments, environment and the like.</param>
    /// <exception cref="ShmException">NativeCallFailed.</exception>
    public static void RequireNoNul(string function, string attempted, string program, IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            if (text.Contains('\0'))
            {
                throw NativeError.From(
                    ShmErrorId.NativeCallFailed, function, (int)Errno.EINVAL, attempted,
                    "a text has a NUL in it, where C would end it", "Leave it out.", program);
            }
        }
    }

    /// <summary>Refuses a working directory that isn't there, which posix_spawn tells like a missing program.</summary>
    /// <exception cref="ShmException">NativeCallFailed.</exception>
    public static void RequireDirectory(string program, string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw NativeError.From(
                ShmErrorId.NativeCallFailed, nameof(Libc.posix_spawn), (int)Errno.ENOENT, $"start '{program}'",
                $"its working directory '{directory}' is not there", "Set another location.", directory);
        }
    }

    /// <summary>The exception for a start that failed.</summary>
    /// <param name="options">What was to be started.</param>
    /// <param name="path">Its full path.</param>
    /// <param name="number">The number that a descriptor was to have; null for none.</param>
    /// <param name="errno">Why.</param>
    public static ShmException Explain(ShmProcessOptions options, string path, int? number, int errno)
    {
        var attempted = $"start '{path}'";
        return (Errno)errno switch
        {
            Errno.ENOEXEC => NativeError.From(
                ShmErrorId.NativeCallFailed, nameof(Libc.posix_spawn), errno, attempted,
                "the file is neither a program for this machine nor a script with #! and an interpreter", "", path),
            Errno.ENOENT => NativeError.From(
                ShmErrorId.NativeCallFailed, nameof(Libc.posix_spawn), errno, attempted,
                "the file, or the interpreter that it names, is gone", "", path),
            Errno.E2BIG => NativeError.From(
                ShmErrorId.LimitReached, nameof(Libc.posix_spawn), errno, attempted,
                "the arguments and the environment are too large (ARG_MAX)", "Pass fewer or shorter ones.", path),
            Errno.EAGAIN => NativeError.From(
                ShmErrorId.LimitReached, nameof(Libc.posix_spawn), errno, attempted,
                "this user has reached the limit of processes (RLIMIT_NPROC)", "End some, or raise it with ulimit -u.",
                path),
            Errno.EBADF when number is not null => NativeError.From(
                ShmErrorId.LimitReached, nameof(Libc.posix_spawn), errno,
                $"{attempted} with {options.Segment} at descriptor {number}",
                "the number is not below the limit of descriptors (RLIMIT_NOFILE)", "Give a smaller one.", path),
            _ => NativeError.From(nameof(Libc.posix_spawn), errno, attempted, path),
        };
    }
}
