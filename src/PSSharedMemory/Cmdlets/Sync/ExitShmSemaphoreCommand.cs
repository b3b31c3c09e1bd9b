using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Counts a semaphore up, and wakes one who waits.</summary>
[Cmdlet(VerbsCommon.Exit, "ShmSemaphore", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class ExitShmSemaphoreCommand : SemaphoreTargetCmdlet
{
    private protected override void Serve(ShmSemaphore semaphore)
    {
        if (ShouldProcess(Asked(semaphore), "Exit"))
        {
            semaphore.Exit();
        }
    }
}
