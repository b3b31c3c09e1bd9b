using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using PSSharedMemory.Native;
using Xunit;

namespace PSSharedMemory.UnitTests.Access;

/// <summary>
/// The tests of access and of what threads share, once more in a process without the guard, where the kernel copies.
/// </summary>
public sealed partial class FallbackTests
{
    private static readonly string[] Classes =
    [
        "Access.ReaderWriterTests", "Access.RangeTests", "Access.GuardedCopyTests", "Mappings.ReplacementTests",
        "Mappings.PartialReplacementTests", "Mappings.AddressOwnershipTests",
        "Mappings.LeaseTests", "Sync.AtomicsTests", "Sync.WaitTests", "Sync.MutexTests", "Sync.SemaphoreTests",
        "Sync.OverwrittenMutexTests", "Access.FallbackTests",
    ];

    [Fact]
    public async Task Access_and_locks_are_the_same_without_the_guard()
    {
        Assert.SkipUnless(FaultGuard.IsActive, "This process is the one without the guard.");
        var start = new ProcessStartInfo(Environment.ProcessPath!, Arguments()) { RedirectStandardOutput = true };
        start.Environment[FaultGuard.DisablingVariable] = "1";
        using var child = Process.Start(start)!;
        var output = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(child.ExitCode == 0, output);
        var total = int.Parse(Total().Match(output).Groups[1].Value);
        Assert.True(total > Classes.Length, output);
    }

    [Fact]
    public void A_process_that_is_told_to_leaves_the_guard_out() => Assert.Equal(
        Environment.GetEnvironmentVariable(FaultGuard.DisablingVariable) == "1", !FaultGuard.IsActive);

    private static IEnumerable<string> Arguments()
    {
        var assembly = typeof(FallbackTests).Assembly.Location;
        var isHost = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        var classes = Classes.SelectMany(static name => new[] { "-class", "PSSharedMemory.UnitTests." + name });
        return [.. isHost ? new[] { assembly } : [], .. classes];
    }

    [GeneratedRegex(@"Total: (\d+)")]
    private static partial Regex Total();
}
