using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes a mutex in a segment.</summary>
[Cmdlet(VerbsCommon.New, "ShmMutex", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmMutex))]
public sealed class NewShmMutexCommand : NewStructureCmdlet
{
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long Offset { get; set; }

    [Parameter]
    public SwitchParameter PriorityInherit { get; set; }

    private protected override string[] OwnPositions => [nameof(Offset)];

    private protected override string Action => $"Make a mutex of {ShmMutex.Size} bytes at offset {Offset}";

    private protected override object Create(ShmMapping mapping) => ShmMutex.Create(mapping, Offset, PriorityInherit);
}
