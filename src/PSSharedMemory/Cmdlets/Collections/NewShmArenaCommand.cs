using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes an arena in a segment.</summary>
[Cmdlet(VerbsCommon.New, "ShmArena", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmArena))]
public sealed class NewShmArenaCommand : NewStructureCmdlet
{
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string Action => "Make an arena";

    private protected override object Create(ShmMapping mapping) => ShmArena.Create(mapping, Force);
}
