using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using Xunit;

namespace PSSharedMemory.UnitTests.Sync;

/// <summary>tests/native/sync-peer.c as a process of its own, told what to do line by line.</summary>
internal sealed class SyncPeer : IDisposable
{
    private const int Sigcont = 18;
    private const int Sigstop = 19;

    private static readonly Lazy<string?> Program = new(Compile);

    private readonly Process _process;
    private bool _isDisposed;

    public SyncPeer(ShmSegment segment, params string[] arguments)
    {
        Assert.SkipWhen(Program.Value is null, "no C compiler (gcc) on the PATH");
        var start = new ProcessStartInfo(Program.Value!, [segment.Name ?? $"{segment.Id}", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        Answer();
    }

    /// <summary>Tells it something and returns what it answers.</summary>
    public string Ask(string line)
    {
        Tell(line);
        return Answer();
    }

    public void Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    public string Answer()
    {
        var answer = _process.StandardOutput.ReadLineAsync();
        Assert.True(answer.Wait(TimeSpan.FromSeconds(30)), "The peer did not answer.");
        Assert.StartsWith("ok", answer.Result);
        return answer.Result![2..].Trim();
    }

    /// <summary>SIGKILL, and gone when this returns.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Stop() => Signal(Sigstop);

    public void Continue() => Signal(Sigcont);

    /// <summary>Waits until it sleeps in the kernel: it waits for something.</summary>
    public void AwaitSleep()
    {
        var clock = Stopwatch.StartNew();
        while (!File.ReadAllText($"/proc/{_process.Id}/wchan").Contains("futex", StringComparison.Ordinal)
            && !File.ReadAllText($"/proc/{_process.Id}/syscall").StartsWith("202 ", StringComparison.Ordinal))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "The peer does not sleep.");
            Thread.Sleep(1);
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private void Signal(int number)
    {
        using var kill = Process.Start("kill", [$"-{number}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    private static string? Compile()
    {
        var program = Path.Combine(Path.GetTempPath(), $"pst-sync-peer-{Environment.ProcessId}");
        var source = Path.Combine(RepositoryRoot(), "tests", "native", "sync-peer.c");
        try
        {
            using var gcc = Process.Start(
                "gcc", ["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-O1", "-pthread", "-o", program, source, "-lrt"]);
            gcc.WaitForExit();
            Assert.Equal(0, gcc.ExitCode);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(program);
        return program;
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PSSharedMemory.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return folder.FullName;
    }
}
