using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace PSSharedMemory.EngineTests.RealPester;

/// <summary>A test as the real Pester ended it.</summary>
internal sealed record RealCase(string File, string Path, string Verdict);

/// <summary>The real Pester's verdicts on a folder, given by a pwsh of its own.</summary>
internal sealed record RealPesterRun(Version Version, IReadOnlyList<RealCase> Cases)
{
    private const int NoPester = 3;

    /// <summary>Skips the calling test where there is no pwsh or no Pester of 5.7 or later.</summary>
    public static RealPesterRun Of(string folder)
    {
        var pwsh = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(place => Path.Combine(place, "pwsh")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(pwsh is null, "There is no pwsh on the PATH.");

        var outFile = Path.GetTempFileName();
        try
        {
            ProcessStartInfo start = new(pwsh!)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            };
            var script = Path.Combine(AppContext.BaseDirectory, "RealPester", "Verdicts.ps1");
            foreach (var argument in (string[])["-NoProfile", "-NonInteractive", "-File", script, folder, outFile])
            {
                start.ArgumentList.Add(argument);
            }

            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.SkipWhen(process.ExitCode == NoPester, "pwsh has no Pester of version 5.7 or later.");
            Assert.True(process.ExitCode == 0, $"pwsh ended with {process.ExitCode}.\n{errors}\n{output.Result}");
            return JsonSerializer.Deserialize<RealPesterRun>(File.ReadAllText(outFile))!;
        }
        finally
        {
            File.Delete(outFile);
        }
    }
}
