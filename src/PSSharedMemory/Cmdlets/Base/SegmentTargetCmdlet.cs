using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that does the same to each of several segments, given by name (with wildcards), id, key or as objects.
/// </summary>
public abstract class SegmentTargetCmdlet : ShmCmdlet
{
    /// <summary>POSIX names; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Name)]
    [SupportsWildcards]
    [TextOnly]
    [ArgumentCompleter(typeof(SegmentPatternCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>System V ids.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Id)]
    [ArgumentCompleter(typeof(SegmentIdCompleter))]
    public int[] Id { get; set; } = [];

    /// <summary>System V keys.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Key)]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    public KeyArgument[] Key { get; set; } = [];

    /// <summary>Segments as other cmdlets give them.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ParameterSets.Segment)]
    [TravelledSegment]
    public ShmSegment[] Segment { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var segment in Segment)
        {
            Attempt(segment, () => Serve(ForeignHost.Refuse(segment)));
        }

        foreach (var name in Name)
        {
            ServeFound(name, () => SegmentFinder.ByName(name));
        }

        foreach (var id in Id)
        {
            ServeFound(id, () => [SysVSegments.FromId(id)]);
        }

        foreach (var key in Key)
        {
            ServeFound(key.Input, () => [SysVSegments.FromKey(key.Value)]);
        }
    }

    /// <summary>Does it to one.</summary>
    private protected abstract void Serve(ShmSegment segment);

    private void ServeFound(object target, System.Func<IReadOnlyList<ShmSegment>> find)
    {
        IReadOnlyList<ShmSegment> found = [];
        Attempt(target, () => found = find());
        foreach (var segment in found)
        {
            Attempt(segment, () => Serve(segment));
        }
    }
}
