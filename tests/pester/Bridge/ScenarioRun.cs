using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.Json;
using System.Threading.Tasks;

namespace PSSharedMemory.Scenarios;

/// <summary>
/// One run of all scenario files: two pwsh processes, each in IPC and mount namespaces of its own where those may be
/// made, take files from one list until it is empty.
/// </summary>
internal static class ScenarioRun
{
    private const int Workers = 2;

    // Nobody else's shared memory is met there, and what stays behind is the run's own.
    private static readonly string[] Private =
    [
        "unshare", "--ipc", "--mount", "bash", "-c",
        "mount -t tmpfs -o mode=1777 shm /dev/shm && PSSHM_PRIVATE_HOST=1 exec \"$@\"", "private",
    ];

    private static string Root { get; } = Metadata("RepositoryRoot");

    /// <summary>Runs all files and answers each It, in the order of the files.</summary>
    public static IReadOnlyList<Outcome> Run()
    {
        var folder = Path.Combine(Root, "tests", "pester");
        // The large files first, so that no worker is left alone with one at the end.
        var files = Directory.GetFiles(folder, "*.Tests.ps1")
            .OrderByDescending(static file => new FileInfo(file).Length).ToArray();
        if (files.Length == 0)
        {
            return [Failure("tests/pester", $"There are no scenario files in {folder}.")];
        }

        var results = Directory.CreateTempSubdirectory("scenarios-").FullName;
        try
        {
            // Two workers in one world would count each other's segments.
            var isPrivate = CanBePrivate();
            var ends = Enumerable.Range(0, isPrivate ? Workers : 1)
                .Select(_ => Task.Run(() => RunWorker(isPrivate, results, files)))
                .ToArray();
            Task.WaitAll(ends);
            var crashes = ends.Where(static end => end.Result.ExitCode != 0)
                .Select(static end =>
                    Failure("pwsh", $"It ended with exit code {end.Result.ExitCode}:\n{end.Result.Output}"));
            return [.. crashes, .. files.Order(StringComparer.Ordinal).SelectMany(file => Read(results, file))];
        }
        finally
        {
            Directory.Delete(results, recursive: true);
        }
    }

    private static IEnumerable<Outcome> Read(string results, string file)
    {
        var name = Path.GetFileName(file);
        var result = Path.Combine(results, name);
        if (!File.Exists($"{result}.json"))
        {
            return [Failure(name, File.Exists($"{result}.claimed") ? "Its pwsh crashed." : "It was not run.")];
        }

        var outcomes = JsonSerializer.Deserialize<FileOutcomes>(File.ReadAllText($"{result}.json"))!;
        Console.WriteLine(FormattableString.Invariant($"{outcomes.Seconds,6:0.0} s  {name}"));
        return outcomes.Outcomes.Select(outcome => outcome with { Name = $"{name}: {outcome.Name}" });
    }

    private static (int ExitCode, string Output) RunWorker(bool isPrivate, string results, string[] files)
    {
        string[] command =
        [
            Metadata("PowerShell"), "-NoProfile", "-NonInteractive", "-Command",
            "& $args[0] -Pester $args[1] -Results $args[2] -Path ($args | Select-Object -Skip 3)",
        ];
        // -Command joins what follows to one script, so the arguments travel inside a block.
        var script = Path.Combine(Root, "tests", "pester", "Bridge", "Invoke-Scenarios.ps1");
        string[] arguments = [script, Metadata("Pester"), results, .. files];
        command[^1] = $"& {{ {command[^1]} }} {string.Join(' ', arguments.Select(Quote))}";
        return Execute(isPrivate ? [.. Private, .. command] : command);
    }

    private static bool CanBePrivate()
    {
        try
        {
            return Execute([.. Private, "true"]).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static (int ExitCode, string Output) Execute(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        // Scenarios start pwsh by its name.
        start.Environment["PATH"] = $"{Path.GetDirectoryName(Metadata("PowerShell"))}:{start.Environment["PATH"]}";
        start.Environment["PSModulePath"] = Path.GetFullPath(Path.Combine(Metadata("Pester"), "..", "..", ".."));
        start.Environment["DOTNET_ROOT"] =
            Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        start.Environment["POWERSHELL_UPDATECHECK"] = "Off";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, $"{Tail(output)}\n{Tail(errors.Result)}");
    }

    private static string Tail(string text) => text.Length <= 4000 ? text : text[^4000..];

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static Outcome Failure(string name, string message) => new(name, "Failed", message);

    private static string Metadata(string key) =>
        typeof(ScenarioRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == key).Value!;
}
