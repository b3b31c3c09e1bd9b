using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using PSSharedMemory.Native;
using Xunit;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace PSSharedMemory.UnitTests.Native;

/// <summary>What is run in the handler is what stands in the assembly sources.</summary>
public class FaultGuardCodeTests
{
    [Theory]
    [InlineData(Cpu.X64, "guard-x64.S", "x86_64-linux-gnu-")]
    [InlineData(Cpu.Arm64, "guard-arm64.S", "aarch64-linux-gnu-")]
    public void The_bytes_are_what_the_source_assembles_to(Cpu architecture, string source, string crossPrefix)
    {
        var prefix = RuntimeInformation.ProcessArchitecture == architecture ? "" : crossPrefix;
        foreach (var tool in new[] { prefix + "gcc", prefix + "objcopy" })
        {
            Assert.SkipUnless(IsOnPath(tool), $"{tool} is not on this machine: nothing assembles {source} here.");
        }

        var folder = Directory.CreateTempSubdirectory("pst-guard-").FullName;
        try
        {
            var (code, image) = (Path.Combine(folder, "guard.o"), Path.Combine(folder, "guard.bin"));
            Run(prefix
                + "gcc", "-c", Path.Combine(Repository(), "src/PSSharedMemory.Core/Native/Guard", source), "-o", code);
            Run(prefix + "objcopy", "-O", "binary", "-j", ".text", code, image);

            Assert.Equal(
                Convert.ToHexString(File.ReadAllBytes(image)), Convert.ToHexString(FaultGuardCode.Of(architecture)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Other_architectures_have_none() => Assert.True(FaultGuardCode.Of(Cpu.RiscV64).IsEmpty);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
    }

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PSSharedMemory.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return folder.FullName;
    }
}
