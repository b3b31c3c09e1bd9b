using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes a semaphore in a segment.</summary>
[Cmdlet(VerbsCommon.New, "ShmSemaphore", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSemaphore))]
public sealed class NewShmSemaphoreCommand : MappingTargetCmdlet
{
    [Parameter(Position = 1)]
    public long Offset { get; set; }

    [Parameter(Position = 2)]
    public int InitialCount { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string[] OwnPositions => [nameof(Offset), nameof(InitialCount)];

    private protected override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    private protected override void Serve(ShmMapping mapping)
    {
        if (!ShouldProcess(mapping.Segment.Label, $"Make a semaphore of {ShmSemaphore.Size} bytes at offset {Offset}"))
        {
            return;
        }

        var semaphore = ShmSemaphore.Create(mapping, Offset, InitialCount, Force);
        if (IsUsersMapping)
        {
            // A mapping for the one call is gone when it is over, and a handle on it would be of no use.
            WriteObject(semaphore);
        }
    }
}
