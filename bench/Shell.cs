using System;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.Benchmarks;

/// <summary>The embedded engine with the staged module and the empty one, for rows that measure scripts.</summary>
internal sealed class Shell : IDisposable
{
    private readonly Runspace _runspace;

    public Shell()
    {
        var state = InitialSessionState.CreateDefault2();
        state.ImportPSModule(Repository.StagedModule, EmptyModule);
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        Run("if (-not (Get-Command Read-ShmData, Read-Empty)) { throw 'The modules are not loaded.' }");
    }

    public static string EmptyModule =>
        System.IO.Path.Combine(AppContext.BaseDirectory, "empty-module", "EmptyModule.dll");

    /// <summary>Runs a script, compiled once and kept; its last object.</summary>
    public object? Run(string script)
    {
        using var shell = PowerShell.Create(_runspace);
        var output = shell.AddScript(script).Invoke();
        return shell.HadErrors ? throw shell.Streams.Error[0].Exception : output.LastOrDefault()?.BaseObject;
    }

    /// <summary>What does the same script again and again, without parsing it each time.</summary>
    public Action Prepared(string script)
    {
        var block = (ScriptBlock)Run($"{{ {script} }}")!;
        return () => Invoke(block);
    }

    public void Dispose() => _runspace.Dispose();

    private void Invoke(ScriptBlock block)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddCommand("ForEach-Object").AddParameter("Process", block).Invoke(new object[] { 0 });
        if (shell.HadErrors)
        {
            throw shell.Streams.Error[0].Exception;
        }
    }
}
