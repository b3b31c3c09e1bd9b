using System;
using System.Diagnostics;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Text.RegularExpressions;
using PSSharedMemory.EngineTests.Leaks;
using PSSharedMemory.EngineTests.Runner;
using Xunit;

namespace PSSharedMemory.EngineTests;

/// <summary>The witness of what test files leave behind sees each kind of it.</summary>
public sealed class LeakTests : IDisposable
{
    private readonly string _name = $"pst-engine-leak-{Environment.ProcessId}";
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"pst-engine-{Guid.NewGuid():N}.Tests.ps1");

    private string SharedFile => $"/dev/shm/{_name}";

    public void Dispose()
    {
        File.Delete(_file);
        File.Delete(SharedFile);
    }

    [Fact]
    public void ObjectDescriptorAndMappingAreSeen()
    {
        File.WriteAllText(_file, "New-ShmSegment -Name '/pst-engine-leak-1'");
        LeakWitness witness = new(_file, TimeSpan.Zero);
        using (FileStream stream = new(SharedFile, FileMode.CreateNew, FileAccess.ReadWrite))
        {
            stream.SetLength(4096);
            using var map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
            using var view = map.CreateViewAccessor();
            var left = string.Join('\n', witness.LeftBehind());
            Assert.Matches($"(?m)^mapping .*{_name}$", left);
            Assert.Matches($"(?m)^descriptor .*{_name}$", left);
        }

        File.WriteAllText(_file, $"New-ShmSegment -Name '/{_name}'");
        File.Delete(SharedFile);
        witness = new LeakWitness(_file, TimeSpan.Zero);
        File.WriteAllText(SharedFile, "");
        Assert.Contains($"POSIX object /{_name}", witness.LeftBehind());
        File.Delete(SharedFile);
        Assert.Empty(witness.LeftBehind());
    }

    [Fact]
    public void ASegmentThatATestForgotIsSeenAndItsMappingIsReleasedWithTheFile()
    {
        File.WriteAllText(_file, $$"""
            Describe 'a' {
                It 'b' {
                    Import-Module '{{Repository.Root}}/out/PSSharedMemory'
                    $global:forgotten = New-ShmSegment -Private -Size 4096 -Mount
                }
            }
            """);
        LeakWitness witness = new(_file, TimeSpan.Zero);
        var outcome = TestFile.Run(_file);
        Assert.Equal("", Assert.Single(outcome.Cases).Message);

        var left = Assert.Single(witness.LeftBehind());
        var segment = Regex.Match(left, @"^System V segment .* Id = (?<id>\d+).* Attached = 0");
        Assert.True(segment.Success, left);
        using var ipcrm = Process.Start("ipcrm", ["-m", segment.Groups["id"].Value]);
        ipcrm.WaitForExit();
        Assert.Empty(witness.LeftBehind());
    }
}
