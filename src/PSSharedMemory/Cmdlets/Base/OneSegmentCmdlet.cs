using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet that works on one segment, told by name, id, key or an object that has it.</summary>
public abstract class OneSegmentCmdlet : TargetCmdlet
{
    private object? _name;

    /// <summary>A name, taken as it is; or a mapping, a segment, or another object that has one.</summary>
    [Parameter(Position = 0, ParameterSetName = ParameterSets.Name,
        HelpMessage = "A mapping, a segment, or a name such as /orders.")]
    [Alias("LiteralName")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    public virtual object? Name
    {
        get => _name;
        set => _name = WithPath(value);
    }

    /// <summary>A System V id.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Id,
        HelpMessage = "The id of a System V segment, as ipcs shows it.")]
    [ArgumentCompleter(typeof(SegmentIdCompleter))]
    [WholeNumber]
    public int Id { get; set; }

    /// <summary>A System V key.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Key,
        HelpMessage = "The key of a System V segment, such as 0x1234.")]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    [AllowEmptyString]
    public string? Key { get; set; }

    /// <summary>A segment as other cmdlets give it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Segment,
        HelpMessage = "A segment, as Get-ShmSegment gives it.")]
    [DeserializedSegment]
    [ArgumentCompleter(typeof(NoCompleter))]
    public ShmSegment? Segment { get; set; }
}
