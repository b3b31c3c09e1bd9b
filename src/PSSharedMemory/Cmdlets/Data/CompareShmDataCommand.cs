using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Finds the runs of bytes in which two ranges differ.</summary>
[Cmdlet(VerbsData.Compare, "ShmData", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmDifference))]
public sealed class CompareShmDataCommand : DifferenceCmdlet
{
    private const int PreviewBytes = 16;

    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public long First { get; set; } = long.MaxValue;

    private protected override bool IsDifferenceMandatory => true;

    private protected override void Serve(ShmMapping mapping, long start, ShmRange range)
    {
        using var other = OpenDifference();
        using var otherRange = OpenRange(other, start);
        var left = First;
        var progress = new ByteProgress(
            this, $"Comparing {mapping.Segment} with {other}", Math.Max(range.Length, otherRange.Length));
        foreach (var run in range.FindDifferences(otherRange, progress, Cancellation))
        {
            WriteRow(new ShmDifference(mapping, IsUsersMapping)
            {
                Offset = start + run.Offset,
                Length = run.Length,
                DifferenceOffset = (DifferenceOffset ?? start) + run.Offset,
                Bytes = Preview(range, run),
                DifferenceBytes = Preview(otherRange, run),
            });
            if (--left == 0)
            {
                return;
            }
        }
    }

    private static byte[] Preview(ShmRange range, ShmRun run) =>
        range.ReadBytes(run.Offset, (int)Math.Clamp(range.Length - run.Offset, 0, Math.Min(run.Length, PreviewBytes)));
}
