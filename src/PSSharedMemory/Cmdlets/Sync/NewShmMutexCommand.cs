using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes a mutex in a segment.</summary>
[Cmdlet(VerbsCommon.New, "ShmMutex", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmMutex))]
public sealed class NewShmMutexCommand : MappingTargetCmdlet
{
    [Parameter(Position = 1)]
    public long Offset { get; set; }

    [Parameter]
    public SwitchParameter PriorityInherit { get; set; }

    private protected override string[] OwnPositions => [nameof(Offset)];

    private protected override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    private protected override void Serve(ShmMapping mapping)
    {
        if (!ShouldProcess(mapping.Segment.Label, $"Make a mutex of {ShmMutex.Size} bytes at offset {Offset}"))
        {
            return;
        }

        var mutex = ShmMutex.Create(mapping, Offset, PriorityInherit);
        if (IsUsersMapping)
        {
            // A mapping for the one call is gone when it is over, and a handle on it would be of no use.
            WriteObject(mutex);
        }
    }
}
