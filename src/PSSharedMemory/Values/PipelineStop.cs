using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.Commands;

/// <summary>Ctrl+C for methods that scripts call: they aren't cmdlets, and nothing tells them.</summary>
internal static class PipelineStop
{
    /// <summary>
    /// Ends the wait of a thread whose script is being stopped. The engine says so only to scripts, at each turn of a
    /// loop.
    /// </summary>
    /// <exception cref="PipelineStoppedException">It is being stopped.</exception>
    public static void ThrowIfStopping()
    {
        if (Runspace.DefaultRunspace is not null)
        {
            _ = ScriptBlock.Create("foreach ($turn in 1) { }").Invoke();
        }
    }
}
