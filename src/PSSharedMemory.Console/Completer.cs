using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Asks the engine how an input could go on: commands, parameters, and the completers of the module.</summary>
internal sealed class Completer(Runspace runspace, bool nested)
{
    public CommandCompletion? Complete(string text, int cursor)
    {
        using var shell = nested ? PowerShell.Create(RunspaceMode.CurrentRunspace) : PowerShell.Create();
        if (!nested)
        {
            shell.Runspace = runspace;
        }

        try
        {
            return CommandCompletion.CompleteInput(text, cursor, null, shell);
        }
        catch (RuntimeException)
        {
            return null; // no help is better than a prompt that is gone
        }
    }
}
