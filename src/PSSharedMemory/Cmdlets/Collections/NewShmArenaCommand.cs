using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes an arena in a segment.</summary>
[Cmdlet(VerbsCommon.New, "ShmArena", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmArena))]
public sealed class NewShmArenaCommand : MappingTargetCmdlet
{
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override ShmProtection Need => ShmProtection.Read | ShmProtection.Write;

    private protected override void Serve(ShmMapping mapping)
    {
        if (!ShouldProcess(mapping.Segment.Label, "Make an arena"))
        {
            return;
        }

        var arena = ShmArena.Create(mapping, Force);
        if (IsUsersMapping)
        {
            // A mapping for the one call is gone when it is over, and a handle on it would be of no use.
            WriteObject(arena);
        }
    }
}
