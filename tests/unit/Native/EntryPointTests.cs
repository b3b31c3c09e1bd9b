using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Native;

/// <summary>
/// Every function that Libc asks the C library for is one that glibc and musl have: a name that is missing is found at
/// its first call only, by whoever runs on that library.
/// </summary>
public class EntryPointTests
{
    // What is asked for only where it was found before, or where its absence is answered.
    private static readonly string[] Optional =
    [
        "posix_spawn_file_actions_addclosefrom_np", "pthread_mutex_clocklock", "gnu_get_libc_version",
    ];

    [Theory]
    [InlineData("glibc", "/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6")]
    [InlineData("musl", "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1", "/lib/x86_64-linux-musl/libc.so")]
    public void Every_function_is_in_the_C_library(string name, params string[] places)
    {
        var library = Array.Find(places, File.Exists);
        Assert.SkipWhen(library is null, $"{name} is not installed");
        Assert.SkipWhen(FindTool("nm") is null, "nm (binutils) is not installed");

        var symbols = Symbols(library!);
        Assert.Contains("mmap", symbols);
        Assert.Empty(EntryPoints().Except(Optional).Where(point => !symbols.Contains(point)));
    }

    [Fact]
    public void The_functions_are_found_by_reflection()
    {
        var points = EntryPoints().ToHashSet();
        Assert.Contains("mmap", points);
        Assert.Contains("unlinkat", points);
        Assert.Contains("syscall", points);
        Assert.DoesNotContain("statx", points);
        Assert.DoesNotContain("getdents64", points);
    }

    // The generator writes an import of its own inside of each method that marshals.
    private static IEnumerable<string> EntryPoints() =>
        from type in (Type[])[
            typeof(Libc), .. typeof(Libc).GetNestedTypes(BindingFlags.NonPublic | BindingFlags.Public)
        ]
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
        let import = method.GetCustomAttribute<DllImportAttribute>()
        where import is not null
        select import.EntryPoint ?? method.Name;

    private static HashSet<string> Symbols(string library)
    {
        var start =
            new ProcessStartInfo(FindTool("nm")!, ["-D", "--defined-only", library]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return [.. text.Split('\n').Select(static line => line.Split(' '))
            .Where(static words => words.Length >= 3).Select(static words => words[^1].Split('@')[0])];
    }

    private static string? FindTool(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
