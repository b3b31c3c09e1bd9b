using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that tells something of segments: of those that are named or piped, or of all. It gathers them first and
/// answers in the end, for one pass over /proc serves thousands.
/// </summary>
public abstract class SegmentQueryCmdlet : ShmCmdlet
{
    private readonly List<ShmSegment> _segments = [];

    /// <summary>POSIX names; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ParameterSets.Name)]
    [SupportsWildcards]
    [TextOnly]
    [ArgumentCompleter(typeof(SegmentPatternCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>System V ids.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Id)]
    [ArgumentCompleter(typeof(SegmentIdCompleter))]
    public int[] Id { get; set; } = [];

    /// <summary>System V keys.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Key)]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    public KeyArgument[] Key { get; set; } = [];

    /// <summary>Segments as other cmdlets give them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ParameterSets.Segment)]
    [TravelledSegment]
    public ShmSegment[] Segment { get; set; } = [];

    /// <summary>Mappings of this process: their segments.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ParameterSets.Mapping)]
    public ShmMapping[] Mapping { get; set; } = [];

    /// <summary>The segments that were named or piped.</summary>
    private protected IReadOnlyList<ShmSegment> Segments => _segments;

    /// <summary>Whether segments were asked for, not all there are.</summary>
    private protected bool HasTarget =>
        ParameterSetName is ParameterSets.Name or ParameterSets.Id or ParameterSets.Key or ParameterSets.Segment or ParameterSets.Mapping;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var segment in Segment)
        {
            Attempt(segment, () => _segments.Add(ForeignHost.Refuse(segment)));
        }

        foreach (var mapping in Mapping)
        {
            _segments.Add(mapping.Segment);
        }

        foreach (var name in Name)
        {
            Attempt(name, () => _segments.AddRange(SegmentFinder.ByName(name)));
        }

        foreach (var id in Id)
        {
            Attempt(id, () => _segments.Add(SysVSegments.FromId(id)));
        }

        foreach (var key in Key)
        {
            Attempt(key.Input, () => _segments.Add(SysVSegments.FromKey(key.Value)));
        }
    }

    /// <inheritdoc/>
    protected sealed override void EndProcessing()
    {
        if (HasTarget && _segments.Count == 0)
        {
            return;
        }

        Attempt(null, Answer);
    }

    /// <summary>Tells it of <see cref="Segments"/>, or of all where none was asked for.</summary>
    private protected abstract void Answer();

    /// <summary>Reads the segments again, so that what is shown is of now; those that are gone are errors.</summary>
    private protected List<ShmSegment> RefreshAll()
    {
        var current = new List<ShmSegment>();
        var table = _segments.Any(static segment => segment.Kind == ShmKind.SysV)
            ? SysVSegments.List().ToDictionary(static segment => segment.Id!.Value)
            : [];
        foreach (var segment in _segments)
        {
            // A removed object, or another process' memfd, has no name to be found by; its inode still tells it.
            if (segment.Kind == ShmKind.MemFd || (segment.Status & ShmSegmentStatus.RemovalPending) != 0)
            {
                current.Add(segment);
            }
            else if (segment.Kind == ShmKind.SysV && table.TryGetValue(segment.Id!.Value, out var now) && now.IsSame(segment))
            {
                current.Add(now);
            }
            else
            {
                Attempt(segment, () => current.Add(ShmSegments.Refresh(segment)));
            }
        }

        return current;
    }
}
