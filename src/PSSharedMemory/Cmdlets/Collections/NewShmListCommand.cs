using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes an empty list in a segment, and its arena where there is none.</summary>
[Cmdlet(VerbsCommon.New, "ShmList", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmList))]
public sealed class NewShmListCommand : MappingTargetCmdlet
{
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    private protected override void Serve(ShmMapping mapping)
    {
        if (!ShouldProcess(mapping.Segment.Label, "Make a list"))
        {
            return;
        }

        var list = ShmList.Create(mapping, Force);
        if (IsUsersMapping)
        {
            // A mapping for the one call is gone when it is over, and a handle on it would be of no use.
            WriteObject(list);
        }
    }
}
