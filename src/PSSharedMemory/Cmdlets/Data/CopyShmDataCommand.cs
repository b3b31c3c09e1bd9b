using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Copies bytes between mappings, segments, files and arrays.</summary>
[Cmdlet(VerbsCommon.Copy, "ShmData", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
public sealed class CopyShmDataCommand : RangeTargetCmdlet
{
    private const string ValueSet = "Value";

    [Parameter(Mandatory = true, ParameterSetName = ParameterSets.Path,
        HelpMessage = "A file or directory that exists.")]
    public string? Path { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = ValueSet, HelpMessage = "The bytes to copy.")]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(NoCompleter))]
    public byte[]? Value { get; set; }

    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [ValidateNotNull]
    [NamePath]
    public object? Destination { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [NamePath]
    public string? DestinationName { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(SegmentIdCompleter))]
    [WholeNumber]
    public int? DestinationId { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    [AllowEmptyString]
    public string? DestinationKey { get; set; }

    [Parameter]
    public string? DestinationPath { get; set; }

    [Parameter]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long? DestinationOffset { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override string[] OwnPositions => [nameof(Destination)];

    private protected override string[] TargetParameters => [.. base.TargetParameters, nameof(Value)];

    private protected override ShmProtection Need => ShmProtection.Read;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Path is null && Value is null)
        {
            base.ProcessRecord();
            return;
        }

        Attempt((object?)Path ?? Value, () =>
        {
            using var range = Path is null
                ? ShmRange.Of(Value!, Offset, Length)
                : ShmRange.OfFile(FileSystemPath(Path), Offset, Length);
            Copy($"{range}", Offset, range);
        });
    }

    private protected override void Prepare()
    {
        var count = new object?[]
        {
            Destination, DestinationName, DestinationId, DestinationKey, DestinationPath
        }.Count(static one => one is not null);
        if (count != 1)
        {
            ThrowTerminatingError(ErrorRecords.Conflict(
                "Give one destination: -Destination, -DestinationName, -DestinationId, -DestinationKey or "
                    + "-DestinationPath."));
        }
    }

    private protected override void Serve(ShmMapping mapping, long start, ShmRange range) =>
        Copy(mapping.Segment.Label, start, range);

    private void Copy(string source, long start, ShmRange range)
    {
        using var other = SecondRange.Open(
            Destination, DestinationName, DestinationId, DestinationKey,
            DestinationPath is null ? null : FileSystemPath(DestinationPath), ShmProtection.Read | ShmProtection.Write);
        var at = DestinationOffset ?? 0;
        if (!ShouldProcess(
            $"{other}", $"Copy {ShmDisplay.Size(range.Length)} from offset {start} of {source} to offset {at}"))
        {
            return;
        }

        using var target = other.Path is null ? other.Range(at, range.Length) : OpenFile(other.Path, at, range.Length);
        range.CopyTo(target, new ByteProgress(this, $"Copying to {other}", range.Length), Cancellation);
    }

    /// <summary>
    /// A file that exists is not replaced unasked: with an offset the bytes go into it, with -Force they are all of it.
    /// </summary>
    private ShmRange OpenFile(string path, long offset, long length)
    {
        if (DestinationOffset is null)
        {
            PlainFile.Create(path, length, replace: Force).Dispose();
        }

        return ShmRange.ToFile(path, offset, length);
    }
}
