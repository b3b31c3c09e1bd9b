using System;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>The catalogue of origins; or, for segments that are piped, whose memory each is.</summary>
[Cmdlet(VerbsCommon.Get, "ShmOrigin")]
[OutputType(typeof(ShmOrigin), typeof(ShmSegmentOrigin))]
public sealed class GetShmOriginCommand : ShmCmdlet
{
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(OriginNameCompleter))]
    public string[]? Name { get; set; }

    [Parameter(ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public object? InputObject { get; set; }

    [Parameter]
    public SwitchParameter Attach { get; set; }

    private NamePatterns _wanted = null!;

    private bool IsPiped =>
        MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject));

    /// <inheritdoc/>
    private protected override void Begin() => _wanted = Require(Name, () => new NamePatterns(Name));

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (IsPiped)
        {
            Attempt(InputObject, () => Tell(TargetFinder.Find(InputObject).Segment));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (IsPiped)
        {
            return;
        }

        foreach (var origin in Require(null, static () => ShmOrigins.All).Where(origin => _wanted.Take(origin.Name)))
        {
            WriteRow(origin);
        }

        foreach (var name in _wanted.Missing)
        {
            WriteError(ErrorRecords.FromMissingName(
                name, "origin", "Get-ShmOrigin | Select-Object Name", ShmOrigins.All.Select(static one => one.Name)));
        }
    }

    private void Tell(ShmSegment segment)
    {
        var origin = (Attach && segment.Kind == ShmKind.SysV ? OfContent(segment) : segment.Origin)
            ?? ShmSegmentOrigin.Unknown(segment.Label);
        if (Name is null || _wanted.Take(origin.Name))
        {
            WriteRow(origin);
        }
    }

    // A System V segment shows its first bytes only when it is attached.
    private static ShmSegmentOrigin? OfContent(ShmSegment segment)
    {
        using var mapping = ShmMapping.Mount(segment, ShmMountOptions.ReadOnly);
        var start = mapping.Reader.ReadBytes(0, (int)Math.Min(mapping.Length, ShmOriginMagic.Reach));
        return ShmOrigins.Find(segment.Label, null, segment.Key, () => start);
    }
}
