using System;
using System.IO;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using PSSharedMemory.EngineTests.Should;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>Makes runspaces that know the words of a test file.</summary>
internal static class Engine
{
    public static Runspace Open(Discovery discovery)
    {
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Assert-Should", typeof(ShouldCommand), null));
        state.Commands.Add(new SessionStateAliasEntry("Should", "Assert-Should"));
        state.Commands.Add(new SessionStateCmdletEntry("Set-ItResult", typeof(SetItResultCommand), null));
        state.Variables.Add(new SessionStateVariableEntry("____discovery", discovery, null, ScopedItemOptions.Constant));
        // A command that the core engine lacks must be missing here too, whatever modules this machine has.
        state.Variables.Add(new SessionStateVariableEntry("PSModuleAutoLoadingPreference", "None", null));
        state.ImportPSModule([Path.Combine(AppContext.BaseDirectory, "Runner", "Vocabulary.psm1")]);

        var runspace = RunspaceFactory.CreateRunspace(state);
        try
        {
            // One thread for the whole file, as in a shell: locks belong to threads.
            runspace.ThreadOptions = PSThreadOptions.ReuseThread;
            runspace.Open();
            DefineEnterScope(runspace);
            return runspace;
        }
        catch (Exception)
        {
            runspace.Dispose();
            throw;
        }
    }

    // Made outside of the module, so that the data become variables where the file's script blocks run.
    private static void DefineEnterScope(Runspace runspace)
    {
        using var shell = PowerShell.Create(runspace);
        shell.AddScript("""
            $global:____enterScope = {
                param($private:____variables, $private:____body)
                foreach ($private:____pair in $private:____variables.GetEnumerator()) {
                    $ExecutionContext.SessionState.PSVariable.Set($private:____pair.Key, $private:____pair.Value)
                }
                . $private:____body
            }
            """);
        shell.Invoke();
    }
}
