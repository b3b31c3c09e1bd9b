using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that works on the bytes of a mapping. Given a segment instead, it mounts that for the one call.
/// </summary>
public abstract class MappingTargetCmdlet : OneSegmentCmdlet
{
    private Target? _current;

    /// <summary>A live mapping.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Mapping,
        HelpMessage = "A mapping, as Mount-ShmSegment gives it.")]
    [MappingArgument]
    [ArgumentCompleter(typeof(NoCompleter))]
    public ShmMapping? Mapping { get; set; }

    /// <summary>What was given as the target: for records and for -WhatIf.</summary>
    private protected object? Given => IsTargetPiped
        ? InputObject
        : (object?)Mapping ?? (object?)Segment ?? Name ?? (object?)Key
            ?? (IsBound(nameof(Id)) ? (object)Id : null);

    /// <summary>Whether the mapping is the user's, and stays after the call.</summary>
    private protected bool IsUsersMapping => _current?.Mapping is not null;

    /// <summary>The range that was given as the target, if one was.</summary>
    private protected ShmDataRange? GivenRange => _current?.Range;

    /// <summary>
    /// The bytes that -Offset and -Length mean. A range that was piped has its own place: they count from there.
    /// </summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">-Offset.</param>
    /// <param name="length">-Length; all to the end if not given.</param>
    /// <param name="start">Where the range begins in the mapping, in bytes.</param>
    private protected ShmRange RangeOf(ShmMapping mapping, long offset, long? length, out long start)
    {
        start = (GivenRange?.Offset ?? 0) + offset;
        return ShmRange.Of(mapping, start, length ?? (GivenRange is null ? null : GivenRange.Length - offset));
    }

    /// <summary>The handle that was given as the target, if it is of that type.</summary>
    private protected T? GivenHandle<T>()
        where T : class => PlainObject.Of(Given) as T;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Given, () =>
    {
        if (TargetFinder.NameIn(Given) is { } name)
        {
            using var named = ShmMapping.MountName(name, Need);
            _current = new Target(named.Segment);
            Serve(named);
            return;
        }

        var target = FindTarget();
        _current = target;
        if (target.Mapping is { } live)
        {
            Serve(live);
            return;
        }

        using var mapping = ShmMapping.Mount(target.Segment, new ShmMountOptions { Protection = Need });
        Serve(mapping);
    });

    /// <summary>What a mounting for the one call asks for.</summary>
    private protected abstract ShmProtection Need { get; }

    /// <summary>Does it to the mapping.</summary>
    private protected abstract void Serve(ShmMapping mapping);

    private Target FindTarget() =>
        IsTargetPiped ? TargetFinder.Find(InputObject)
        : IsBound(nameof(Id)) ? new Target(SysVSegments.Stat(Id))
        : Key is not null ? new Target(SysVSegments.FromKey(KeyArgument.Parse(Key)))
        : TargetFinder.Find((object?)Mapping ?? (object?)Segment ?? Name);
}
