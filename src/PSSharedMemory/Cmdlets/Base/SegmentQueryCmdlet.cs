using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that tells something of segments: of those that are named or piped, or of all. It gathers them first and
/// answers in the end, for one pass over /proc serves thousands.
/// </summary>
public abstract class SegmentQueryCmdlet : NamespacedTargetCmdlet
{
    private readonly List<ShmSegment> _segments = [];

    /// <summary>The segments that were named or piped.</summary>
    private protected IReadOnlyList<ShmSegment> Segments => _segments;

    /// <summary>Whether segments were asked for, not all there are.</summary>
    private protected bool HasTarget => IsTargetPiped || new[]
    {
        ParameterSets.Name, ParameterSets.LiteralName, ParameterSets.Id, ParameterSets.Key, ParameterSets.Segment,
        ParameterSets.Mapping,
    }.Any(IsBound);

    private protected sealed override bool IsTargetOptional => true;

    private protected sealed override bool ShowsRemoved => true;

    /// <summary>Only those of these owners; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [OwnerPattern]
    [ArgumentCompleter(typeof(OwnerCompleter))]
    public string[]? Owner { get; set; }

    /// <summary>Only those of these families.</summary>
    [Parameter]
    [Choice(typeof(ShmKind), IsList = true)]
    [ArgumentCompleter(typeof(KindCompleter))]
    public string[]? Kind { get; set; }

    /// <summary>-Kind as values; null where none was given.</summary>
    private protected ShmKind[]? Kinds => ChoiceAttribute.ListOf<ShmKind>(Kind);

    /// <summary>What -Owner and -Kind leave.</summary>
    private protected bool IsWanted(ShmSegment segment) => SegmentFilter.IsOf(segment, Owner, Kinds);

    private protected override void Prepare()
    {
        SegmentFilter.CheckOwners(this, Owner);
        base.Prepare();
    }

    private protected sealed override void Serve(ShmSegment segment)
    {
        if (IsWanted(segment))
        {
            _segments.Add(segment);
        }
    }

    /// <inheritdoc/>
    protected sealed override void EndProcessing()
    {
        if ((HasTarget && _segments.Count == 0 && !HasAnswer) || Scope is { Places.Count: 0 })
        {
            return;
        }

        Attempt(null, Answer);
    }

    /// <summary>Whether there is something to tell other than the segments that were found.</summary>
    private protected virtual bool HasAnswer => false;

    /// <summary>Tells it of <see cref="Segments"/>, or of all where none was asked for.</summary>
    private protected abstract void Answer();

    /// <summary>
    /// The segments to tell of, as they are now: those that were asked for, those of other namespaces, or null for all
    /// that are here.
    /// </summary>
    private protected IReadOnlyList<ShmSegment>? Current() =>
        HasTarget ? RefreshAll() : Scope?.Segments.Where(IsWanted).ToList();

    /// <summary>Reads the segments again, so that what is shown is of now; those that are gone are errors.</summary>
    private protected IReadOnlyList<ShmSegment> RefreshAll() =>
        ShmSegments.Refresh(_segments, (segment, error) => Attempt(segment, () => throw error));
}
