using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Lists segments.</summary>
[Cmdlet(VerbsCommon.Get, "ShmSegment", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSegment))]
public sealed class GetShmSegmentCommand : NamespacedTargetCmdlet
{
    private Dictionary<long, ShmSegment>? _byId;

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Path,
        HelpMessage = "A file or directory that exists.")]
    public string Path { get; set; } = "";

    [Parameter(ParameterSetName = ParameterSets.Path,
        HelpMessage = "1 to 255, or the character that the C program uses, as A.")]
    [ProjectId]
    [ArgumentCompleter(typeof(NoCompleter))]
    public int ProjectId { get; set; }

    [Parameter]
    [Choice(typeof(ShmKind), IsList = true)]
    [ArgumentCompleter(typeof(KindCompleter))]
    public string[]? Kind { get; set; }

    private ShmKind[]? Kinds => ChoiceAttribute.ListOf<ShmKind>(Kind);

    [Parameter]
    [SupportsWildcards]
    [OwnerPattern]
    [ArgumentCompleter(typeof(OwnerCompleter))]
    public string[]? Owner { get; set; }

    private protected override bool IsTargetOptional => true;

    private protected override bool ShowsRemoved => true;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ParameterSets.Path)
        {
            ServeFound(Path, FindByPath);
        }
        else if (!IsTargetPiped && ParameterSetName == ParameterSets.Name && !IsBound(nameof(Name)))
        {
            TellUnlisted(Kinds);
            WriteAll();
        }
        else
        {
            base.ProcessRecord();
        }
    }

    private protected override void Prepare()
    {
        SegmentFilter.CheckOwners(this, Owner);
        base.Prepare();
    }

    private void WriteAll()
    {
        if (Scope is not null)
        {
            foreach (var segment in Scope.Segments)
            {
                Attempt(segment, () => ServeListed(segment));
            }

            return;
        }

        // A host may have one family without the other: each is listed by itself.
        if (IsWanted(ShmKind.SysV))
        {
            Attempt(ShmKind.SysV, () => SysVSegments.List().ToList().ForEach(Serve));
        }

        if (IsWanted(ShmKind.Posix))
        {
            Attempt(ShmKind.Posix, () => PosixSegments.List()
                .OrderBy(static segment => segment.Name, StringComparer.Ordinal).ToList().ForEach(Serve));
        }
    }

    /// <summary>One read of the kernel's table serves many ids.</summary>
    private protected override ShmSegment ById(int id)
    {
        _byId ??= SysVSegments.List().ToDictionary(static segment => segment.Id!.Value);
        return _byId.TryGetValue(id, out var segment) ? segment : SysVSegments.FromId(id);
    }

    // What was listed a moment ago is looked at again: an object tells its own past, a name what is there.
    private protected override void Serve(ShmSegment segment) => ServeListed(
        InputObject is null && Segment.Length == 0 && Mapping.Length == 0 ? segment : Current(segment));

    private protected override void ServeListed(ShmSegment segment)
    {
        if (SegmentFilter.IsOf(segment, Owner, Kinds))
        {
            WriteRow(segment);
        }
    }

    private static ShmSegment Current(ShmSegment segment) =>
        ShmSegments.Refresh([segment], (_, error) => throw error)[0];

    // A file of /dev/shm is an object itself; of any other, with a number, ftok(3) makes a key.
    private IReadOnlyList<Target> FindByPath()
    {
        var path = FileSystemPath(Path);
        return IsBound(nameof(ProjectId)) ? FindByKey(SysVKey.FromPath(path, ProjectId))
            : path.StartsWith("/dev/shm/", StringComparison.Ordinal) ? [new Target(TargetFinder.ByName(path))]
            : throw new ShmException(
                ShmErrorId.InvalidKey,
                $"A key is made of a file and a number, and '{Path}' isn't in /dev/shm. Give -ProjectId as well.",
                Path);
    }

    private bool IsWanted(ShmKind kind) => Kinds?.Contains(kind) ?? true;
}
