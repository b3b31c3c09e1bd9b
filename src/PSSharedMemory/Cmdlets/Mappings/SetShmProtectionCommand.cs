using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Changes what pages of a mapping allow.</summary>
[Cmdlet(VerbsCommon.Set, "ShmProtection", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class SetShmProtectionCommand : MappingPagesCmdlet
{
    [Parameter(Position = 1, HelpMessage = "What the pages allow: None, Read, Write, Execute.")]
    [Protection]
    [ArgumentCompleter(typeof(ProtectionCompleter))]
    public string Protection { get; set; } = "";

    private protected override string[] OwnPositions => [nameof(Protection)];

    private protected override string[] Required => OwnPositions;

    private protected override void Serve(ShmMapping mapping, long offset, long length)
    {
        if (ShouldProcess($"{mapping}", $"Set protection {Protection} {RangeText}"))
        {
            mapping.Protect(ChoiceAttribute.Of<ShmProtection>(Protection), offset, length);
            WriteVerbose($"mprotect: {Protection} {RangeText} of {mapping}.");
        }
    }
}
