using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that works on the bytes of a mapping. Given a segment instead, it mounts that for the one call.
/// </summary>
public abstract class MappingTargetCmdlet : ShmCmdlet
{
    /// <summary>A live mapping.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ParameterSets.Mapping)]
    public ShmMapping? Mapping { get; set; }

    /// <summary>A POSIX name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Name)]
    [TextOnly]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    public string? Name { get; set; }

    /// <summary>A System V id.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Id)]
    [ArgumentCompleter(typeof(SegmentIdCompleter))]
    public int Id { get; set; }

    /// <summary>A System V key.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Key)]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    public KeyArgument? Key { get; set; }

    /// <summary>A segment as other cmdlets give it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ParameterSets.Segment)]
    [TravelledSegment]
    public ShmSegment? Segment { get; set; }

    /// <summary>What the user named, for records and for -WhatIf.</summary>
    private protected object Target => (object?)Mapping ?? (object?)MappingOfHandle ?? (object?)Segment ?? Name ?? Key?.Input ?? Id;

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(Target, () =>
    {
        if ((Mapping ?? MappingOfHandle) is { } live)
        {
            Serve(live);
            return;
        }

        using var mapping = ShmMapping.Mount(FindSegment(), new ShmMountOptions { Protection = Need });
        Serve(mapping);
    });

    /// <summary>The mapping of what else a cmdlet takes instead of one.</summary>
    private protected virtual ShmMapping? MappingOfHandle => null;

    /// <summary>What a mounting for the one call asks for.</summary>
    private protected abstract ShmProtection Need { get; }

    /// <summary>Does it to the mapping.</summary>
    private protected abstract void Serve(ShmMapping mapping);

    private ShmSegment FindSegment() => ParameterSetName switch
    {
        ParameterSets.Name => PosixSegments.FromName(Name!),
        ParameterSets.Id => SysVSegments.FromId(Id),
        ParameterSets.Key => SysVSegments.FromKey(Key!.Value),
        ParameterSets.Segment => ForeignHost.Refuse(Segment!),
        _ => throw new InvalidOperationException($"Unknown parameter set {ParameterSetName}."),
    };
}
