using System;
using System.IO;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>A Pester file on the embedded engine. Each use has a runspace of its own; nothing outlives it.</summary>
internal static class TestFile
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private static string WalkScript => Path.Combine(AppContext.BaseDirectory, "Runner", "Walk.ps1");

    /// <summary>Reads the file: its tests, or why it cannot be run.</summary>
    public static FileOutcome Discover(string path) => Use(path, run: false);

    /// <summary>Reads the file and runs its tests.</summary>
    public static FileOutcome Run(string path) => Use(path, run: true);

    private static FileOutcome Use(string path, bool run)
    {
        RefusalException[] refusals = [.. Refusals.In(path)];
        if (refusals.Length > 0)
        {
            return FileOutcome.Refused(refusals);
        }

        Discovery discovery = new();
        var testDrive = Directory.CreateTempSubdirectory("pester-");
        try
        {
            using var runspace = Engine.Open(discovery);
            try
            {
                Discover(runspace, path, discovery);
            }
            catch (RefusalException refusal)
            {
                return FileOutcome.Refused([refusal]);
            }

            if (run)
            {
                RunTests(runspace, discovery.Root, testDrive.FullName);
            }
        }
        finally
        {
            testDrive.Delete(recursive: true);
        }

        return FileOutcome.Of(discovery.Root);
    }

    private static void Discover(Runspace runspace, string path, Discovery discovery)
    {
        try
        {
            // The try makes every error end discovery, as in Pester; the scope keeps the file's own variables from the run.
            Invoke(runspace, "& { param($private:____file) try { . $private:____file } catch { throw } } $args[0]", path);
            discovery.Close();
        }
        catch (RuntimeException error)
        {
            throw AsRefusal(error, path);
        }
    }

    private static void RunTests(Runspace runspace, TestBlock root, string testDrive)
    {
        runspace.SessionStateProxy.SetVariable("TestDrive", testDrive);
        try
        {
            Invoke(runspace, "& $args[0] $args[1]", WalkScript, new Walk(root, testDrive));
        }
        catch (Exception error) when (error is RuntimeException or TimeoutException)
        {
            root.Fail(new ErrorRecord(error, "FileNotFinished", ErrorCategory.OperationStopped, null));
        }
    }

    private static void Invoke(Runspace runspace, string script, params object[] arguments)
    {
        using var shell = PowerShell.Create(runspace);
        shell.AddScript(script);
        foreach (var argument in arguments)
        {
            shell.AddArgument(argument);
        }

        var pending = shell.BeginInvoke();
        if (!pending.AsyncWaitHandle.WaitOne(Limit))
        {
            shell.Stop();
            throw new TimeoutException($"The file did not end within {Limit.TotalMinutes} minutes.");
        }

        shell.EndInvoke(pending);
    }

    private static RefusalException AsRefusal(RuntimeException error, string path)
    {
        for (Exception? inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is RefusalException refusal)
            {
                return refusal;
            }
        }

        return new RefusalException(ErrorText.LineIn(error.ErrorRecord, path), ErrorText.Of(error.ErrorRecord));
    }
}
