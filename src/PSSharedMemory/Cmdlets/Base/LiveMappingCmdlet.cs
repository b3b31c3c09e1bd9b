using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet for live mappings of this session: given as such, or by the name or object of their segment.
/// </summary>
public abstract class LiveMappingCmdlet : TargetCmdlet
{
    private object[]? _name;

    /// <summary>
    /// Mappings, or names of segments that are mounted here (wildcards are allowed), or objects that have a segment.
    /// </summary>
    [Parameter(Position = 0, ParameterSetName = ParameterSets.Name,
        HelpMessage = "A mapping, or the name of a mounted segment.")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MountedNameCompleter))]
    [TravelledDictionary]
    public object[]? Name
    {
        get => _name;
        set => _name = (object[]?)WithPath(value, isPattern: true);
    }

    /// <summary>Live mappings.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Mapping,
        HelpMessage = "A mapping, as Mount-ShmSegment gives it.")]
    [ArgumentCompleter(typeof(NoCompleter))]
    public ShmMapping[] Mapping { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var input in IsTargetPiped ? new[] { InputObject } : (Name ?? []).Concat<object?>(Mapping))
        {
            IReadOnlyList<ShmMapping> found = [];
            Attempt(input, () => found = TargetFinder.FindMappings(input, isPattern: !IsTargetPiped));
            foreach (var mapping in found)
            {
                Attempt(mapping, () =>
                {
                    mapping.ThrowIfDismounted();
                    Serve(mapping);
                });
            }
        }
    }

    /// <summary>Does it to one.</summary>
    private protected abstract void Serve(ShmMapping mapping);
}
