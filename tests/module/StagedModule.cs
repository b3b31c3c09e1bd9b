using System.Collections.ObjectModel;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace PSSharedMemory.ModuleTests;

/// <summary>Runspaces of this process in which the staged module is imported.</summary>
internal static class StagedModule
{
    private static string Path { get; } = typeof(StagedModule).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(static attribute => attribute.Key == "StagedModule").Value!;

    public static Runspace OpenRunspace()
    {
        var state = InitialSessionState.CreateDefault2();
        state.ImportPSModule(Path);
        var runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        return runspace;
    }

    /// <summary>Runs a script; the first error ends it.</summary>
    public static Collection<PSObject> Run(Runspace runspace, string script)
    {
        using var shell = PowerShell.Create(runspace);
        return shell.AddScript("$ErrorActionPreference = 'Stop'\n" + script).Invoke();
    }
}
