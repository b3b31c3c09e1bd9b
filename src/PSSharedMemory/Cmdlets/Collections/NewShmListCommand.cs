using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes an empty list in a segment, and its arena where there is none.</summary>
[Cmdlet(VerbsCommon.New, "ShmList", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmList))]
public sealed class NewShmListCommand : NewStructureCmdlet
{
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string Action => "Make a list";

    private protected override object Create(ShmMapping mapping) => ShmList.Create(mapping, Force);
}
