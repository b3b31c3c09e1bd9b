using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that works on several segments: those of names (with wildcards), ids, keys, or objects that are typed or
/// piped.
/// </summary>
public abstract class SegmentTargetCmdlet : NamedSegmentsCmdlet
{
    /// <summary>With a wildcard or a directory as the name: also what lies in the directories below.</summary>
    [Parameter(ParameterSetName = ParameterSets.Name)]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Segments as other cmdlets give them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Segment,
        HelpMessage = "A segment, as Get-ShmSegment gives it.")]
    [DeserializedSegment]
    [ArgumentCompleter(typeof(NoCompleter))]
    public ShmSegment[] Segment { get; set; } = [];

    /// <summary>Mappings of this process: their segments.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Mapping,
        HelpMessage = "A mapping, as Mount-ShmSegment gives it.")]
    [MappingArgument]
    [ArgumentCompleter(typeof(NoCompleter))]
    public ShmMapping[] Mapping { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (IsTargetPiped)
        {
            var piped = InputObject;
            ServeFound(piped, () => Accept(piped) ? FindAll(piped, isPattern: false) : []);
            return;
        }

        foreach (var name in TypedNames)
        {
            ServeFound(name, () => Accept(name) ? WithoutUnmeant(name, FindAll(name, isPattern: true)) : []);
        }

        foreach (var name in LiteralName)
        {
            ServeFound(name, () => Scope?.FindAll(name, isPattern: false, isDeep: false)
                ?? [new Target(TargetFinder.ByName(name))]);
        }

        foreach (var id in Id)
        {
            ServeFound(id, () => Scope?.ById(id) ?? [new Target(ById(id))]);
        }

        foreach (var key in Key)
        {
            ServeFound(key, () => FindByKey(KeyArgument.Parse(key)));
        }

        foreach (var target in Segment.Cast<object>().Concat(Mapping))
        {
            ServeFound(target, () => [TargetFinder.Find(target)]);
        }
    }

    /// <summary>Where segments are looked for; null for here.</summary>
    private protected virtual NamespaceScope? Scope => null;

    /// <summary>The segments of a key.</summary>
    private protected IReadOnlyList<Target> FindByKey(int key) =>
        Scope?.ByKey(key) ?? [new Target(SysVSegments.FromKey(key))];

    /// <summary>Whether it tells of an object that has lost its name and that a given mapping holds.</summary>
    private protected virtual bool ShowsRemoved => false;

    /// <summary>What a pattern means of what it matches.</summary>
    private protected virtual IReadOnlyList<Target> WithoutUnmeant(object? name, IReadOnlyList<Target> found) => found;

    /// <summary>
    /// Looks at an input before it is resolved; false where the cmdlet has dealt with it itself.
    /// </summary>
    private protected virtual bool Accept(object? input) => true;

    /// <summary>The segment of an id.</summary>
    private protected virtual ShmSegment ById(int id) => SysVSegments.FromId(id);

    /// <summary>Does it to one.</summary>
    private protected abstract void Serve(ShmSegment segment);

    private IReadOnlyList<Target> FindAll(object? input, bool isPattern) =>
        Scope?.FindAll(input, isPattern, Recurse) ?? TargetFinder.FindAll(input, isPattern, isPattern && Recurse);

    private protected void ServeFound(object? target, Func<IReadOnlyList<Target>> find)
    {
        IReadOnlyList<Target> found = [];
        Attempt(target, () => found = find());
        foreach (var one in found)
        {
            Attempt(one.Segment, () => Serve(
                ShowsRemoved && PlainObject.Of(target) is ShmMapping mapping
                    ? mapping.FindRemoved() ?? one.Segment
                    : one.Segment));
        }
    }
}
