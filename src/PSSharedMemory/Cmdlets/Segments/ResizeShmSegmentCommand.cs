using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Gives segments another size.</summary>
[Cmdlet(VerbsCommon.Resize, "ShmSegment", SupportsShouldProcess = true, DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmSegment))]
public sealed class ResizeShmSegmentCommand : SegmentTargetCmdlet
{
    private bool _yesToAll;
    private bool _noToAll;

    [Parameter(Position = 1, HelpMessage = "Bytes, such as 64KB.")]
    [ArgumentCompleter(typeof(SizeCompleter))]
    [ByteCount]
    public long Size { get; set; }

    [Parameter(HelpMessage = "Do not reserve the pages that are added.")]
    public SwitchParameter Sparse { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override string[] OwnPositions => [nameof(Size)];

    private protected override string[] Required => OwnPositions;

    private protected override void Serve(ShmSegment segment)
    {
        // How large it is now decides whether anything can be lost.
        var now = segment.Kind == ShmKind.SysV ? segment : ShmSegments.Refresh(segment);
        if (!ShouldProcess($"{segment}, {ShmDisplay.Size(now.Size)}", $"Resize to {ShmDisplay.Size(Size)}")
            || !MayShrink(now))
        {
            return;
        }

        var result = SegmentResize.Resize(
            now, Size, new ByteProgress(this, "Reserving pages", Size), Sparse, Cancellation);
        foreach (var mapping in result.Followed)
        {
            WriteVerbose($"{mapping} has {mapping.Length} bytes now.");
        }

        foreach (var (mapping, reason) in result.Left)
        {
            WriteWarning($"{mapping} still has {mapping.Length} bytes: {reason}. Mount the segment again.");
        }

        if (PassThru)
        {
            WriteRow(result.Segment);
        }
    }

    private bool MayShrink(ShmSegment now) => Force || Size <= 0 || Size >= now.Size
        || now.Kind is ShmKind.SysV or ShmKind.Anonymous
        || ShouldContinue(
            $"{now} loses its last {Words.Count(now.Size - Size, "byte")}, for every process that holds it.",
            "Make segment smaller",
            ref _yesToAll,
            ref _noToAll);
}
