using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Makes segments of snapshot files.</summary>
[Cmdlet(VerbsData.Import, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Path)]
[OutputType(typeof(ShmSegment))]
public sealed class ImportShmSegmentCommand : ShmCmdlet
{
    // The data file of each snapshot, and which of its two files was given for it.
    private readonly Dictionary<string, string> _given = [];

    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true,
        HelpMessage = "A file or directory that exists.")]
    [Alias("FullName", "PSPath")]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Name, HelpMessage = "A name such as /orders.")]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [NamePath]
    public string? Name { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Key,
        HelpMessage = "An integer of 32 bits, such as 0x1234.")]
    [AllowEmptyString]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    public string? Key { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Private,
        HelpMessage = "Makes a private System V segment.")]
    public SwitchParameter Private { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Anonymous, HelpMessage = "Makes a memfd.")]
    public SwitchParameter Anonymous { get; set; }

    [Parameter(ParameterSetName = ParameterSets.Path)]
    [Parameter(ParameterSetName = ParameterSets.Name)]
    [Parameter(ParameterSetName = ParameterSets.Key)]
    [Alias("F")]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var path in Path)
        {
            Attempt(path, () => Import(FileSystemPath(path)));
        }
    }

    private void Import(string path)
    {
        var snapshot = ShmSegmentSnapshots.Read(path);
        if (!_given.TryAdd(snapshot.Path, path) && _given[snapshot.Path] != path)
        {
            WriteVerbose($"{path} is the other file of {_given[snapshot.Path]}.");
            return;
        }

        var size = snapshot.Segment.Size;
        var options = new ShmRestoreOptions
        {
            Name = Name is null ? null : TargetFinder.NewName(Name),
            Key = Key is null ? null : KeyArgument.Parse(Key),
            Private = Private,
            Anonymous = Anonymous,
            Overwrite = Force,
            Progress = new ByteProgress(this, $"Restoring {path}", size),
        };
        var subject = Name ?? (Key is null
            ? Private ? "a private segment" : Anonymous ? "a memfd" : Describe(snapshot.Segment)
            : KeyArgument.Label(Key));
        var segment = ShmSegmentSnapshots.Import(
            snapshot, options,
            () => ShouldProcess($"{subject}, {ShmDisplay.Size(size)}", $"{(Force ? "Restore" : "Create")} from {path}"),
            new ByteProgress(this, $"Checking {path}", size), Cancellation);
        if (segment is null)
        {
            return;
        }

        if (segment.Owner != snapshot.Segment.Owner || segment.Group != snapshot.Segment.Group)
        {
            WriteVerbose(
                $"{segment} belongs to {segment.Owner}:{segment.Group}; when it was exported, to "
                    + $"{snapshot.Segment.Owner}:{snapshot.Segment.Group}.");
        }

        WriteRow(segment);
    }

    private static string Describe(ShmSegment segment) =>
        segment.Kind == ShmKind.SysV && segment.Key is not (null or 0) ? $"key {SysVKey.ToText(segment.Key.Value)}"
        : segment.Kind == ShmKind.SysV ? "a private segment" : $"{segment}";
}
