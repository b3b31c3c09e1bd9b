using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes a semaphore in a segment.</summary>
[Cmdlet(VerbsCommon.New, "ShmSemaphore", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSemaphore))]
public sealed class NewShmSemaphoreCommand : NewStructureCmdlet
{
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long Offset { get; set; }

    [Parameter(Position = 2)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public int InitialCount { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string[] OwnPositions => [nameof(Offset), nameof(InitialCount)];

    private protected override string Action => $"Make a semaphore of {ShmSemaphore.Size} bytes at offset {Offset}";

    private protected override object Create(ShmMapping mapping) =>
        ShmSemaphore.Create(mapping, Offset, InitialCount, Force);
}
