using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Changes what pages of a mapping allow.</summary>
[Cmdlet(VerbsCommon.Set, "ShmProtection", SupportsShouldProcess = true)]
public sealed class SetShmProtectionCommand : MappingPagesCmdlet
{
    [Parameter(Mandatory = true, Position = 1)]
    public ShmProtection Protection { get; set; }

    private protected override void Serve(ShmMapping mapping, long offset, long length)
    {
        if (ShouldProcess($"{mapping}", $"Set protection {Protection} {RangeText}"))
        {
            mapping.Protect(Protection, offset, length);
            WriteVerbose($"mprotect: {Protection} {RangeText} of {mapping}.");
        }
    }
}
