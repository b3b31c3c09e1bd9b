using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet that tells what processes hold: of segments, of processes, or of the whole host.</summary>
public abstract class AttachmentQueryCmdlet : SegmentQueryCmdlet
{
    // How many a warning names.
    private const int Few = 5;

    private readonly List<int> _processIds = [];
    private bool _hasOtherTarget;

    /// <summary>Processes: what they hold, or what they hold of the segments.</summary>
    [Parameter]
    [Alias("PID")]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    [ValidateRange(1, int.MaxValue)]
    [WholeNumber]
    public int[] ProcessId { get; set; } = [];

    /// <summary>Also what .NET runtimes hold for themselves.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        _hasOtherTarget |= HasTarget && !IsTargetPiped;
        base.ProcessRecord();
    }

    // A process stands for what it holds.
    private protected sealed override bool Accept(object? input)
    {
        if (TargetFinder.ProcessIdOf(input) is not { } id)
        {
            _hasOtherTarget = true;
            return true;
        }

        _processIds.Add(id);
        return false;
    }

    private protected sealed override bool HasAnswer => AllProcessIds.Length > 0 && !_hasOtherTarget;

    private int[] AllProcessIds => [.. ProcessId.Concat(_processIds).Distinct()];

    private protected sealed override void Answer()
    {
        // An empty list of processes is none, not all.
        if (IsBound(nameof(ProcessId)) && AllProcessIds.Length == 0)
        {
            return;
        }

        var segments = HasTarget && Segments.Count > 0 ? RefreshAll() : null;
        var processIds = AllProcessIds is { Length: > 0 } asked ? asked : null;
        if (segments is { Count: 0 } && (_hasOtherTarget || processIds is null))
        {
            return;
        }

        var scan = ScanWithProgress.Run(
            this,
            "Looking for shared memory",
            // For a whole host, memory use is read only when somebody looks at it.
            progress => ShmAttachments.Scan(
                segments, processIds, segments is null && processIds is null ? null : true, progress, Cancellation),
            Cancellation);

        WriteMissing(processIds, scan);
        // What a host lacks as a whole says nothing about one process.
        TellFailures(scan.Listing.Failures.Where(failure => Kinds?.Contains(failure.Key) != false
            && (processIds is null || failure.Value.ErrorId != ShmErrorId.PlatformNotSupported)));
        var programs = segments is null && !All ? ProgramsIn(scan) : [];
        var hidden = 0;
        var found = new List<ShmAttachment>();
        foreach (var attachment in scan.Attachments)
        {
            if (!IsThere(attachment)
                || (attachment.Segment is { } segment ? !IsWanted(segment) : Owner is not null || Kind is not null))
            {
                continue;
            }

            if (segments is null && !All && (attachment.IsRuntimeOwn()
                || (attachment.IsCopyOnWrite && programs.Contains((attachment.ProcessId, attachment.Label)))))
            {
                hidden++;
            }
            else
            {
                found.Add(attachment);
            }
        }

        WriteFound(found);
        if (hidden > 0)
        {
            WriteVerbose(
                $"{Words.Count(hidden, "area")} of .NET runtimes and of programs run from a memfd left out; -All shows "
                    + "them.");
        }

        // Where all areas that the kernel counts were found, nothing is left unknown.
        if (segments is null || !segments.All(segment => segment.AttachCount is { } count
            && count == scan.Attachments.Count(area =>
                area is { Segment.Kind: ShmKind.SysV, Address: not null } && area.Segment.IsSame(segment))))
        {
            WriteBlindSpots(scan, processIds);
        }
    }

    /// <summary>Writes what was found.</summary>
    private protected abstract void WriteFound(IReadOnlyList<ShmAttachment> attachments);

    // What is removed and held is in no listing of a namespace, and still there.
    private bool IsThere(ShmAttachment attachment) => Scope is null || HasTarget || Scope.IsEverywhere
        || Scope.Places.Any(place => attachment.Namespace is { } name ? name == place.Namespace
            : place.IsCurrent
                && attachment.Kind == (place.Kind == ShmKind.SysV ? ShmAreaKind.SysV : ShmAreaKind.Posix));

    private void WriteMissing(int[]? processIds, AttachmentScan scan)
    {
        foreach (var id in processIds ?? [])
        {
            if (scan.UnreadableProcessIds.Contains(id))
            {
                WriteError(ErrorRecords.From(new ShmException(
                    ShmErrorId.AccessDenied,
                    $"Cannot look into process {id}: permission denied (open: EACCES). Run as its user or as root.",
                    id)));
            }
            else if (!ProcessLife.IsVisible(id))
            {
                WriteError(ErrorRecords.FromMissingProcess(id));
            }
        }
    }

    private void WriteBlindSpots(AttachmentScan scan, int[]? processIds)
    {
        // Said once: it is as true of every listing after this one.
        if (processIds is null && scan.UnreadableProcessIds.Count > 0
            && OncePerSession.IsFirst(nameof(scan.UnreadableProcessIds)))
        {
            var count = scan.UnreadableProcessIds.Count;
            WriteWarning(
                $"Could not inspect {Words.Count(count, "process")}: "
                    + $"{string.Join(", ", scan.UnreadableProcessIds.Take(Few))}"
                + (count > Few ? ", …." : ".")
                + (scan.IsPrivileged
                    ? $" The kernel shields {(count == 1 ? "it" : "them")} even from root."
                    : $" Run as root to see what {(count == 1 ? "it holds" : "they hold")}."));
        }

        if (processIds is null && scan.HidesProcesses && OncePerSession.IsFirst(nameof(scan.HidesProcesses)))
        {
            WriteWarning(
                "/proc is mounted with hidepid, which hides the processes of other users. Run as root to see what they "
                    + "hold.");
        }

        if (scan.ForeignIpcProcessIds.Count + scan.ForeignMountProcessIds.Count > 0)
        {
            WriteVerbose(FormattableString.Invariant(
                $"Processes in another IPC namespace: {scan.ForeignIpcProcessIds.Count}; in another mount namespace: {scan.ForeignMountProcessIds.Count}."));
        }
    }

    // What runs from a memfd maps its code and data privately.
    private static HashSet<(int ProcessId, string Label)> ProgramsIn(AttachmentScan scan) => [.. scan.Attachments
        .Where(static found => found is { Kind: ShmAreaKind.MemFd, IsCopyOnWrite: true }
            && found.Protection.HasFlag(ShmProtection.Execute))
        .Select(static found => (found.ProcessId, found.Label))];
}
