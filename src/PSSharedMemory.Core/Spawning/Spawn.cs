using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// One posix_spawn(3). The program gets standard input, output and error and at most one more descriptor; all others
/// are closed in the child, even those opened without close-on-exec.
/// </summary>
internal static unsafe class Spawn
{
    // The first number after standard error: the passed descriptor goes through it.
    private const int FirstFree = 3;

    /// <summary>Starts the program; its process id, or minus errno.</summary>
    /// <param name="path">Full.</param>
    /// <param name="arguments">argv, the program's name included.</param>
    /// <param name="environment">"NAME=value".</param>
    /// <param name="directory">Its working directory, full.</param>
    /// <param name="source">The descriptor to hand down, kept open by the caller; -1 for none.</param>
    /// <param name="target">The number that the program finds it at.</param>
    public static int Start(
        string path, IReadOnlyCollection<string> arguments, IReadOnlyCollection<string> environment, string directory,
        int source, int target)
    {
        using var paths = new CStrings([path, directory]);
        using var argv = new CStrings(arguments);
        using var envp = new CStrings(environment);
        Libc.posix_spawn_file_actions_t actions;
        Libc.posix_spawnattr_t attributes;
        var result = Libc.posix_spawn_file_actions_init(&actions);
        if (result < 0)
        {
            return result;
        }

        result = Libc.posix_spawnattr_init(&attributes);
        if (result < 0)
        {
            _ = Libc.posix_spawn_file_actions_destroy(&actions);
            return result;
        }

        try
        {
            result = Prepare(&attributes);
            if (result >= 0)
            {
                result = HandDown(&actions, source, target);
            }

            if (result >= 0)
            {
                result = Libc.posix_spawn_file_actions_addchdir_np(&actions, paths[1]);
            }

            return result < 0
                ? result
                : Libc.posix_spawn(paths[0], &actions, &attributes, argv.Pointers, envp.Pointers);
        }
        finally
        {
            _ = Libc.posix_spawnattr_destroy(&attributes);
            _ = Libc.posix_spawn_file_actions_destroy(&actions);
        }
    }

    /// <summary>
    /// No signal is blocked, and SIGPIPE, which the .NET runtime ignores, is reset to its default. exec resets caught
    /// signals; signals ignored from outside (nohup) stay ignored.
    /// </summary>
    private static int Prepare(Libc.posix_spawnattr_t* attributes)
    {
        var result = Libc.posix_spawnattr_setsigmask(attributes, default);
        if (result >= 0)
        {
            result = Libc.posix_spawnattr_setsigdefault(attributes, default(Libc.sigset_t).With(Libc.SIGPIPE));
        }

        return result < 0
            ? result
            : Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETSIGDEF);
    }

    /// <summary>The actions that leave 0, 1, 2 and the target open, and nothing else.</summary>
    private static int HandDown(Libc.posix_spawn_file_actions_t* actions, int source, int target)
    {
        if (source < 0)
        {
            return CloseFrom(actions, FirstFree);
        }

        // First move it below everything that gets closed, then to where it's wanted: so nothing need be known about
        // the descriptors in between.
        var result = Libc.posix_spawn_file_actions_adddup2(actions, source, FirstFree);
        if (result >= 0)
        {
            result = CloseFrom(actions, FirstFree + 1);
        }

        if (result >= 0 && target != FirstFree)
        {
            result = Libc.posix_spawn_file_actions_adddup2(actions, FirstFree, target);
            if (result >= 0)
            {
                result = Libc.posix_spawn_file_actions_addclose(actions, FirstFree);
            }
        }

        return result;
    }

    private static int CloseFrom(Libc.posix_spawn_file_actions_t* actions, int from)
    {
        if (Libc.HasCloseFrom)
        {
            return Libc.posix_spawn_file_actions_addclosefrom_np(actions, from);
        }

        // An older C library: close what is open now. Whatever .NET opens meanwhile is close-on-exec.
        foreach (var entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            var number = int.Parse(Path.GetFileName(entry.AsSpan()), CultureInfo.InvariantCulture);
            var result = number < from ? 0 : Libc.posix_spawn_file_actions_addclose(actions, number);
            if (result < 0)
            {
                return result;
            }
        }

        return 0;
    }
}
