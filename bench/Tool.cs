using System;
using System.Diagnostics;
using System.IO;
using System.Linq;

namespace PSSharedMemory.Benchmarks;

/// <summary>Programs of the host: what is measured against, and what makes the scene.</summary>
internal static class Tool
{
    /// <summary>The path of a program, or the reason why the row cannot be measured.</summary>
    public static string Require(string name) => Find(name) ?? throw new NotMeasurableException($"no {name} here");

    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end; what it printed.</summary>
    public static string Run(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    /// <summary>Runs a program that may say by its exit code that it found nothing.</summary>
    public static void RunAnyway(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
    }

    public static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = false,
        })!;

    /// <summary>Compiles a peer with the C compiler; the path of the program.</summary>
    public static string Compile(string source)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "peers", Path.GetFileNameWithoutExtension(source));
        Run(
            Require("gcc"), "-O2", "-pthread", "-I", Path.Combine(Repository.Root, "include"), "-o", program,
            Path.Combine(AppContext.BaseDirectory, "peers", source));
        return program;
    }
}
