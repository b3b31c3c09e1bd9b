using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace PSSharedMemory.EngineTests;

/// <summary>The built console (or another shell) as a process of its own, and what it gave back.</summary>
internal sealed record ConsoleRun(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    /// <summary>The console's assembly, of the configuration that these tests are built in.</summary>
    public static string Assembly { get; } = Path.Combine(
        Repository.Root,
        "src",
        "PSSharedMemory.Console",
        Path.GetRelativePath(
            Path.Combine(Repository.Root, "tests", "engine"), AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)),
        "PSSharedMemory.Console.dll");

    public static Task<ConsoleRun> Of(params string[] arguments) => WithInput(string.Empty, arguments);

    public static async Task<ConsoleRun> WithInput(string input, params string[] arguments)
    {
        using var process = Start(["dotnet", Assembly, .. arguments]);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        return await End(process);
    }

    public static async Task<ConsoleRun> OfProgram(params string[] command)
    {
        using var process = Start(command);
        process.StandardInput.Close();
        return await End(process);
    }

    /// <summary>Starts a program that Ctrl+C can reach even where these tests run in the background.</summary>
    public static Process Start(IEnumerable<string> command)
    {
        // A shell gives its background jobs an ignored SIGINT, and children inherit that.
        var start = new ProcessStartInfo("env", command.Prepend("--default-signal=INT"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    public static async Task<ConsoleRun> End(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Longest);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new ConsoleRun(process.ExitCode, await output, await error);
    }
}
