using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Counts a semaphore up, and wakes one who waits.</summary>
[Cmdlet(VerbsCommon.Exit, "ShmSemaphore", DefaultParameterSetName = ParameterSets.Mapping)]
public sealed class ExitShmSemaphoreCommand : SemaphoreTargetCmdlet
{
    private protected override void Serve(ShmSemaphore semaphore) => semaphore.Exit();
}
