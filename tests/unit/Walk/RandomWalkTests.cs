using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.UnitTests.Walk;

/// <summary>
/// The random walk of tests/walk in a process of its own, so that one which ends by a signal is a failed test. Short
/// and with a fixed seed; PSSHM_WALK_OPERATIONS and PSSHM_WALK_SEED make it longer and other.
/// </summary>
public class RandomWalkTests
{
    private const string Operations = "10000";
    private const string Seed = "1";

    [Fact]
    public async Task Thousands_of_operations_beside_hostile_peers_keep_every_promise()
    {
        Assert.SkipWhen(
            !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
                .Any(static folder => File.Exists(Path.Combine(folder, "perl"))),
            "no perl on the PATH, which the hostile peer needs");

        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "PSSharedMemory.Walk.dll"),
                Environment.GetEnvironmentVariable("PSSHM_WALK_OPERATIONS") ?? Operations,
                Environment.GetEnvironmentVariable("PSSHM_WALK_SEED") ?? Seed,
            },
        };
        using var walk = Process.Start(start)!;
        var error = walk.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await walk.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await walk.WaitForExitAsync(TestContext.Current.CancellationToken);

        var output = $"It ended with {walk.ExitCode}.\n{said}\n{await error}";
        Assert.True(walk.ExitCode == 0, output);
        Assert.Contains("every promise kept", output);
    }
}
