using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet that works on several segments, told by name (with wildcards), id or key.</summary>
public abstract class NamedSegmentsCmdlet : TargetCmdlet
{
    private object[]? _name;

    /// <summary>Names, with wildcards; or segments, mappings and other objects that have a segment.</summary>
    [Parameter(Position = 0, ParameterSetName = ParameterSets.Name,
        HelpMessage = "A name such as /orders; wildcards are allowed.")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SegmentPatternCompleter))]
    [TravelledDictionary]
    public object[]? Name
    {
        get => _name;
        set => _name = (object[]?)WithPath(value, isPattern: true);
    }

    /// <summary>
    /// The names that were typed; one that is null, where a variable had nothing, is an error and not all.
    /// </summary>
    private protected object?[] TypedNames =>
        Name is not null ? Name : IsBound(nameof(Name)) ? new object?[1] : [];

    /// <summary>POSIX names, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.LiteralName,
        HelpMessage = "A name, taken literally: '*' and '[' are ordinary characters.")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [NamePath]
    public string[] LiteralName { get; set; } = [];

    /// <summary>System V ids.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Id,
        HelpMessage = "The id of a System V segment, as ipcs shows it.")]
    [ArgumentCompleter(typeof(SegmentIdCompleter))]
    [WholeNumber]
    public int[] Id { get; set; } = [];

    /// <summary>System V keys.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Key,
        HelpMessage = "The key of a System V segment, such as 0x1234.")]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    [AllowEmptyString]
    public string[] Key { get; set; } = [];
}
