using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Tells who holds shared memory.</summary>
[Cmdlet(VerbsCommon.Get, "ShmAttachment", DefaultParameterSetName = ParameterSets.All)]
[OutputType(typeof(ShmAttachment))]
public sealed class GetShmAttachmentCommand : AttachmentQueryCmdlet
{
    private protected override void WriteFound(IReadOnlyList<ShmAttachment> attachments)
    {
        foreach (var attachment in attachments)
        {
            WriteRow(attachment);
        }
    }
}
