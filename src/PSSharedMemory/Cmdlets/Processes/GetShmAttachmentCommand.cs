using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Tells who holds shared memory.</summary>
[Cmdlet(VerbsCommon.Get, "ShmAttachment", DefaultParameterSetName = ParameterSets.All)]
[OutputType(typeof(ShmAttachment))]
public sealed class GetShmAttachmentCommand : SegmentQueryCmdlet
{
    private const string ProcessSet = "Process";

    // How many a warning names.
    private const int Few = 5;

    private readonly List<int> _processIds = [];

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ProcessSet)]
    [Alias("PID")]
    [ValidateRange(1, int.MaxValue)]
    public int[] ProcessId { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ProcessSet)
        {
            _processIds.AddRange(ProcessId);
        }

        base.ProcessRecord();
    }

    private protected override void Answer()
    {
        var segments = HasTarget ? RefreshAll() : null;
        if (segments is { Count: 0 })
        {
            return;
        }

        var processIds = ParameterSetName == ProcessSet ? _processIds.Distinct().ToArray() : null;
        var scan = ProcessPass.Run(
            this,
            "Looking for shared memory",
            // Of a whole host what areas take is read when it is looked at.
            progress => ShmAttachments.Scan(
                segments, processIds, segments is null && processIds is null ? null : true, progress, Cancellation),
            Cancellation);

        WriteMissing(processIds, scan);
        var isHost = segments is null && processIds is null;
        var runtimeAreas = 0;
        foreach (var attachment in scan.Attachments)
        {
            if (isHost && attachment.IsRuntimeCode)
            {
                runtimeAreas++;
            }
            else
            {
                WriteObject(attachment);
            }
        }

        if (runtimeAreas > 0)
        {
            WriteVerbose(FormattableString.Invariant(
                $"{runtimeAreas} areas that .NET runtimes write their code through (memfd:doublemapper) are left out; -ProcessId shows them."));
        }

        WriteBlindSpots(scan, processIds);
    }

    private void WriteMissing(int[]? processIds, AttachmentScan scan)
    {
        foreach (var id in processIds ?? [])
        {
            if (scan.UnreadableProcessIds.Contains(id))
            {
                WriteError(ErrorRecords.From(new ShmException(
                    ShmErrorId.AccessDenied, $"Cannot look into process {id}: permission denied (open: EACCES). Run as its user or as root.", id)));
            }
            else if (!System.IO.Directory.Exists($"/proc/{id}"))
            {
                WriteError(ErrorRecords.FromMissingProcess(id));
            }
        }
    }

    private void WriteBlindSpots(AttachmentScan scan, int[]? processIds)
    {
        if (processIds is null && scan.UnreadableProcessIds.Count > 0)
        {
            WriteWarning(FormattableString.Invariant($"What these processes hold is unknown, for they may not be read: {string.Join(", ", scan.UnreadableProcessIds.Take(Few))}")
                + (scan.UnreadableProcessIds.Count > Few ? FormattableString.Invariant($", … ({scan.UnreadableProcessIds.Count}).") : ".")
                + (scan.IsPrivileged ? " The kernel shields them even from root." : " Run as root to see all."));
        }

        if (processIds is null && scan.HidesProcesses)
        {
            WriteWarning("/proc is mounted with hidepid: what hidden processes hold is unknown. Run as root to see all.");
        }

        if (scan.ForeignIpcProcessIds.Count + scan.ForeignMountProcessIds.Count > 0)
        {
            WriteVerbose(FormattableString.Invariant(
                $"{scan.ForeignIpcProcessIds.Count} processes are in another IPC namespace, {scan.ForeignMountProcessIds.Count} in another mount namespace: what they hold is shown without a segment."));
        }
    }
}
