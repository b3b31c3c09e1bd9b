using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Counts a semaphore down; waits while its count is 0.</summary>
[Cmdlet(VerbsCommon.Enter, "ShmSemaphore", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class EnterShmSemaphoreCommand : SemaphoreTargetCmdlet
{
    [Parameter]
    [ValidateRange(0.0, LongestWait)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [Seconds]
    public double? TimeoutSec { get; set; }

    private protected override void Serve(ShmSemaphore semaphore)
    {
        if (ShouldProcess(Asked(semaphore), "Enter"))
        {
            semaphore.Enter(Seconds(TimeoutSec), Cancellation);
        }
    }
}
