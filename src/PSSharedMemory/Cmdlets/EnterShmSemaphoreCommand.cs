using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Counts a semaphore down; waits while its count is 0.</summary>
[Cmdlet(VerbsCommon.Enter, "ShmSemaphore", DefaultParameterSetName = ParameterSets.Mapping)]
public sealed class EnterShmSemaphoreCommand : SemaphoreTargetCmdlet
{
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public double? TimeoutSec { get; set; }

    private protected override void Serve(ShmSemaphore semaphore) => semaphore.Enter(Seconds(TimeoutSec), Cancellation);
}
