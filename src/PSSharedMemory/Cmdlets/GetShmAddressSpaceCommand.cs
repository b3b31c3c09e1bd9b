using System;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>The regions of an address space.</summary>
[Cmdlet(VerbsCommon.Get, "ShmAddressSpace")]
[OutputType(typeof(ShmAddressRegion))]
public sealed class GetShmAddressSpaceCommand : ShmCmdlet
{
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("PID")]
    [ValidateRange(1, int.MaxValue)]
    public int[] ProcessId { get; set; } = [Environment.ProcessId];

    [Parameter]
    public ShmRegionKind[]? Kind { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var id in ProcessId)
        {
            if (!System.IO.Directory.Exists($"/proc/{id}"))
            {
                WriteError(ErrorRecords.FromMissingProcess(id));
                continue;
            }

            Attempt(id, () =>
            {
                foreach (var region in ShmAddressSpace.Read(id))
                {
                    if (Kind is null || Kind.Contains(region.Kind))
                    {
                        WriteObject(region);
                    }
                }
            });
        }
    }
}
