using System;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Threading;
using Xunit;

namespace PSSharedMemory.ModuleTests;

/// <summary>A C# program that hosts the engine: several runspaces with the module in one process.</summary>
public sealed class HostTests : IDisposable
{
    private readonly string _name = $"/pst-host-{Environment.ProcessId}";
    private readonly Runspace _one = StagedModule.OpenRunspace();
    private readonly Runspace _other = StagedModule.OpenRunspace();

    public void Dispose()
    {
        StagedModule.Run(_one, $"Get-ShmMapping | Dismount-ShmSegment; Get-ShmSegment '{_name}*' | Remove-ShmSegment");
        _one.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void A_mapping_of_one_runspace_is_used_in_another()
    {
        var mapping = StagedModule.Run(_one, $"New-ShmSegment '{_name}' -Size 4KB -Mount").Single();
        _one.SessionStateProxy.SetVariable("mine", mapping);
        _other.SessionStateProxy.SetVariable("m", mapping);
        StagedModule.Run(_other, "$m.Writer.WriteInt32(8, 42)");
        Assert.Equal(42, StagedModule.Run(_one, "$mine.Reader.ReadInt32(8)").Single().BaseObject);
    }

    [Fact]
    public void Stopping_a_pipeline_ends_a_wait_within_100_milliseconds()
    {
        StagedModule.Run(_one, $"$m = New-ShmSegment '{_name}' -Size 4KB -Mount");
        using var shell = PowerShell.Create(_one);
        shell.AddScript("Wait-ShmValue $m -Offset 0 -Equal 1");
        var run = shell.BeginInvoke();
        SpinWait.SpinUntil(() => shell.InvocationStateInfo.State == PSInvocationState.Running, 5000);
        Thread.Sleep(50);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        shell.Stop();
        Assert.True(run.IsCompleted);
        // Two busy processors may add to it; the wait itself looks every 100 ms.
        Assert.InRange(watch.ElapsedMilliseconds, 0, 500);
    }

    [Fact]
    public void Completion_works_without_a_console()
    {
        StagedModule.Run(_one, $"$null = New-ShmSegment '{_name}' -Size 4KB");
        var text = $"Get-ShmSegment {_name[..^2]}";
        var found = StagedModule.Run(_one, $"(TabExpansion2 '{text}' {text.Length}).CompletionMatches.CompletionText");
        Assert.Contains(_name, found.Select(static item => (string)item.BaseObject));
    }

    [Fact]
    public void An_error_record_carries_its_id_and_the_exception_of_the_library()
    {
        using var shell = PowerShell.Create(_one);
        shell.AddScript($"Mount-ShmSegment '{_name}-missing'").Invoke();
        var record = Assert.Single(shell.Streams.Error);
        Assert.StartsWith("SegmentNotFound,", record.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("ShmException", record.Exception.GetType().Name);
    }

}
