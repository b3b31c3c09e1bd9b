using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Native;

/// <summary>
/// Every structure of Libc is compared with the C library's own by the C compiler: reflection writes one
/// _Static_assert for each size and offset.
/// </summary>
public class StructLayoutTests
{
    private static readonly string[] Headers =
    [
        "sys/ipc.h", "sys/shm.h", "sys/stat.h", "sys/uio.h", "sys/mman.h", "sys/vfs.h", "sys/resource.h", "sys/wait.h",
        "pwd.h", "grp.h", "fcntl.h", "unistd.h", "time.h", "pthread.h", "semaphore.h", "spawn.h", "signal.h",
        "linux/futex.h", "linux/openat2.h", "poll.h",
    ];

    // What C# cannot call as C does: the C name.
    private static readonly Dictionary<string, string> CNames = new()
    {
        ["statx_buffer"] = "struct statx",
        ["statfs_buffer"] = "struct statfs",
        ["stat_amd64"] = "struct stat",
        ["stat_arm64"] = "struct stat",
        ["sigset_t"] = "sigset_t",
        ["siginfo_t"] = "siginfo_t",
        ["sigaction_t"] = "struct sigaction",
        ["posix_spawn_file_actions_t"] = "posix_spawn_file_actions_t",
        ["posix_spawnattr_t"] = "posix_spawnattr_t",
    };

    // The one structure that differs by architecture.
    private static string OtherArchitecture =>
        RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64
            ? nameof(Libc.stat_amd64) : nameof(Libc.stat_arm64);

    [Fact]
    public void Structures_have_the_layout_of_the_C_library()
    {
        var compiler = FindCompiler();
        Assert.SkipWhen(compiler is null, "no C compiler (gcc or cc) on the PATH");

        var structs = typeof(Libc).GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic)
            .Where(static type => type is { IsValueType: true, IsEnum: false } && !type.Name.StartsWith('<'))
            .Where(static type =>
                type.GetCustomAttribute<StructLayoutAttribute>() is not null || type.IsLayoutSequential)
            .Where(static type => type.Name != OtherArchitecture)
            .ToArray();
        Assert.Contains(structs, static type => type.Name == nameof(Libc.shmid_ds));

        var (exitCode, output) = Compile(compiler!, Source(structs));
        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public void A_wrong_offset_would_be_found()
    {
        var compiler = FindCompiler();
        Assert.SkipWhen(compiler is null, "no C compiler (gcc or cc) on the PATH");

        var (exitCode, _) = Compile(
            compiler!, Source([typeof(Libc.iovec)]).Replace("== 8,", "== 4,", StringComparison.Ordinal));
        Assert.NotEqual(0, exitCode);
    }

    private static string Source(IEnumerable<Type> structs)
    {
        var source = new StringBuilder("#define _GNU_SOURCE\n#include <stddef.h>\n");
        foreach (var header in Headers)
        {
            source.Append("#include <").Append(header).Append(">\n");
        }

        foreach (var type in structs)
        {
            var name = CNames.GetValueOrDefault(type.Name, $"struct {type.Name}");
            source.Append($"_Static_assert(sizeof({name}) == {SizeOf(type)}, \"sizeof {name}\");\n");
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
            {
                source.Append(
                    $"_Static_assert(offsetof({name}, {field.Name}) == {OffsetOf(type, field.Name)}, "
                        + $"\"{name}.{field.Name}\");\n");
            }
        }

        return source.ToString();
    }

    private static int SizeOf(Type type) => (int)typeof(System.Runtime.CompilerServices.Unsafe)
        .GetMethod(nameof(System.Runtime.CompilerServices.Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    private static int OffsetOf(Type type, string field) => (int)Marshal.OffsetOf(type, field);

    private static (int ExitCode, string Output) Compile(string compiler, string source)
    {
        var start = new ProcessStartInfo(compiler, ["-x", "c", "-std=gnu11", "-fsyntax-only", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Write(source);
        process.StandardInput.Close();
        var output = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    private static string? FindCompiler() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .SelectMany(static folder => new[] { Path.Combine(folder, "gcc"), Path.Combine(folder, "cc") })
        .FirstOrDefault(File.Exists);
}
