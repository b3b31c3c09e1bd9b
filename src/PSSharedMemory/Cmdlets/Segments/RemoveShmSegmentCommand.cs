using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Removes segments. Those that must be unused (-IfUnused, or found by Find-ShmOrphan) are gathered and looked at
/// together in the end: one pass over /proc for all of them.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class RemoveShmSegmentCommand : SegmentTargetCmdlet
{
    private const string Action = "Remove shared memory segment";

    private readonly List<ShmSegment> _ifUnused = [];

    // An orphan that has become a bag of properties (JSON, Select-Object) binds by its name or id; it is still an orphan.
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("IsOrphan")]
    public SwitchParameter IfUnused { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_ifUnused.Count == 0)
        {
            return;
        }

        IReadOnlyList<ShmStat> stats = [];
        if (!Attempt(null, () => stats = Inspect()))
        {
            return;
        }

        var found = stats.ToDictionary(SegmentKey.Of);
        long freed = 0;
        var count = 0;
        foreach (var segment in _ifUnused)
        {
            Attempt(segment, () =>
            {
                var stat = found.TryGetValue(SegmentKey.Of(segment), out var now) && now.IsSame(segment) ? now : Missing(segment);
                ShmRemoval.Check(stat);
                ShmRemoval.CheckUntouched(segment);
                var bytes = stat.Allocated ?? stat.Size;
                freed += bytes;
                count++;
                if (ShouldProcess($"{stat}, {ShmDisplay.Size(stat.Size)}, owner {stat.Owner}, frees {ShmDisplay.Size(bytes)}", Action))
                {
                    ShmRemoval.RemoveUnused(stat);
                }
            });
        }

        WriteVerbose(FormattableString.Invariant($"{count} of {_ifUnused.Count} segments unused, {ShmDisplay.Size(freed)} to be freed."));
    }

    private protected override void Serve(ShmSegment segment)
    {
        if (IfUnused || segment is ShmStat { IsOrphan: true })
        {
            _ifUnused.Add(segment);
        }
        else if (ShouldProcess($"{segment}, {ShmDisplay.Size(segment.Size)}", Action))
        {
            ShmSegments.Remove(segment);
        }
    }

    private IReadOnlyList<ShmStat> Inspect() => ProcessPass.Run(
        this,
        "Looking for holders",
        progress => ShmRemoval.Inspect(_ifUnused, progress, Cancellation),
        Cancellation);

    // Gone, or another took its name or id: looking it up again says which.
    private static ShmStat Missing(ShmSegment segment)
    {
        ShmSegments.Refresh(segment);
        throw ShmSegments.IdentityChanged(segment);
    }
}
