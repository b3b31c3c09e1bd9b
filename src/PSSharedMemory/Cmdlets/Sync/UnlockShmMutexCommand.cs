using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Unlocks a mutex, or gives it up for all.</summary>
[Cmdlet(VerbsCommon.Unlock, "ShmMutex", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class UnlockShmMutexCommand : MutexTargetCmdlet
{
    [Parameter]
    public SwitchParameter Abandon { get; set; }

    private protected override void Serve(ShmMutex mutex)
    {
        if (ShouldProcess(Asked(mutex), Abandon ? "Unlock and abandon for everybody" : "Unlock"))
        {
            Attempt(mutex, Abandon ? mutex.Abandon : mutex.Unlock);
        }
    }
}
