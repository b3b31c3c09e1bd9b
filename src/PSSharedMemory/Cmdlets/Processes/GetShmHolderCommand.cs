using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Tells what each process holds of shared memory, one object a process.</summary>
[Cmdlet(VerbsCommon.Get, "ShmHolder", DefaultParameterSetName = ParameterSets.All)]
[OutputType(typeof(ShmHolder))]
public sealed class GetShmHolderCommand : AttachmentQueryCmdlet
{
    private protected override void WriteFound(IReadOnlyList<ShmAttachment> attachments)
    {
        foreach (var holder in ShmHolder.Of(attachments))
        {
            WriteRow(holder);
        }
    }
}
