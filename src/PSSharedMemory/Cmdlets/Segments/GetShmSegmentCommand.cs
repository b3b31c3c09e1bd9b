using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Lists segments.</summary>
[Cmdlet(VerbsCommon.Get, "ShmSegment", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSegment))]
public sealed class GetShmSegmentCommand : ShmCmdlet
{
    private Dictionary<int, ShmSegment>? _byId;

    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Name)]
    [SupportsWildcards]
    [TextOnly]
    [ArgumentCompleter(typeof(SegmentPatternCompleter))]
    public string[]? Name { get; set; }

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ParameterSets.Id)]
    [ArgumentCompleter(typeof(SegmentIdCompleter))]
    public int[] Id { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Key)]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    public KeyArgument[] Key { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Path)]
    public string Path { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Path)]
    public int ProjectId { get; set; }

    [Parameter]
    public ShmKind[]? Kind { get; set; }

    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(OwnerCompleter))]
    public string[]? Owner { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case ParameterSets.Id:
                foreach (var id in Id)
                {
                    Attempt(id, () => Write(ById(id)));
                }

                break;
            case ParameterSets.Key:
                foreach (var key in Key)
                {
                    Attempt(key.Input, () => Write(SysVSegments.FromKey(key.Value)));
                }

                break;
            case ParameterSets.Path:
                Attempt(Path, () => Write(SysVSegments.FromKey(
                    SysVKey.FromPath(GetUnresolvedProviderPathFromPSPath(Path), ProjectId))));
                break;
            case ParameterSets.Name when Name is not null:
                foreach (var name in Name)
                {
                    Attempt(name, () => SegmentFinder.ByName(name).ToList().ForEach(Write));
                }

                break;
            default:
                WriteAll();
                break;
        }
    }

    private void WriteAll()
    {
        // A host may have one family without the other: each is listed by itself.
        if (IsWanted(ShmKind.SysV))
        {
            Attempt(ShmKind.SysV, () => SysVSegments.List().ToList().ForEach(Write));
        }

        if (IsWanted(ShmKind.Posix))
        {
            Attempt(ShmKind.Posix, () => PosixSegments.List()
                .OrderBy(static segment => segment.Name, StringComparer.Ordinal).ToList().ForEach(Write));
        }
    }

    /// <summary>One read of the kernel's table serves many ids.</summary>
    private ShmSegment ById(int id)
    {
        _byId ??= SysVSegments.List().ToDictionary(static segment => segment.Id!.Value);
        return _byId.TryGetValue(id, out var segment) ? segment : SysVSegments.FromId(id);
    }

    private void Write(ShmSegment segment)
    {
        if (IsWanted(segment.Kind) && (Owner is null || Owner.Any(owner =>
            WildcardPattern.Get(owner, WildcardOptions.None).IsMatch(segment.Owner))))
        {
            WriteObject(segment);
        }
    }

    private bool IsWanted(ShmKind kind) => Kind is null || Kind.Contains(kind);
}
