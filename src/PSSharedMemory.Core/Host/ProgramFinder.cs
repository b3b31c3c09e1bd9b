using System;
using System.IO;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <summary>
/// Finds a program as execvp(3) does, but by this process's own idea of PATH and of the working directory: .NET and
/// PowerShell keep both to themselves, and the C library knows what they were at the start.
/// </summary>
internal static class ProgramFinder
{
    /// <summary>The full path of a program on the search path, or null.</summary>
    public static string? TryFind(string name) => TryFind(name, Environment.CurrentDirectory, out _);

    /// <summary>The full path of a program.</summary>
    /// <param name="program">A name, looked up in PATH, or a path with a '/' in it.</param>
    /// <param name="directory">What a relative path begins at.</param>
    /// <exception cref="ShmException">
    /// NativeCallFailed: there is none. AccessDenied: it is there, and this user may not execute it.
    /// </exception>
    public static string Find(string program, string directory) =>
        TryFind(program, directory, out var errno) ?? throw NotFound(program, errno);

    private static string? TryFind(string program, string directory, out Errno errno)
    {
        errno = Errno.ENOENT;
        foreach (var place in IsPath(program)
            ? [directory]
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            // An empty entry of PATH is the working directory.
            var path = Path.GetFullPath(Path.Combine(directory, place, program));
            if (program.Length == 0 || !File.Exists(path))
            {
                continue;
            }

            if (Libc.access(path, Libc.X_OK) >= 0)
            {
                return path;
            }

            errno = Errno.EACCES;
        }

        return null;
    }

    private static bool IsPath(string program) => program.Contains('/', StringComparison.Ordinal);

    private static ShmException NotFound(string program, Errno errno) => errno == Errno.EACCES
        ? NativeError.From(
            ShmErrorId.AccessDenied, nameof(Libc.posix_spawn), (int)errno, $"start '{program}'",
            "this user may not execute the file",
            "chmod +x lets it run.", program)
        : NativeError.From(
            ShmErrorId.NativeCallFailed, nameof(Libc.posix_spawn), (int)errno, $"start '{program}'",
            Directory.Exists(program) && IsPath(program) ? "that is a folder"
                : IsPath(program)
                ? "there is no such file"
                : "no folder of PATH has such a program", "Give its path.", program);
}
