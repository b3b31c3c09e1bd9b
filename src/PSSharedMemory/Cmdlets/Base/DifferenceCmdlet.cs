using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet that looks at a range and at a second one beside it.</summary>
public abstract class DifferenceCmdlet : RangeTargetCmdlet
{
    /// <summary>The other side: a mapping, a segment, a byte[], a FileInfo, or the name of a POSIX segment.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [ValidateNotNull]
    [NamePath]
    public object? Difference { get; set; }

    /// <summary>The other side's POSIX name.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SegmentNameCompleter))]
    [NamePath]
    public string? DifferenceName { get; set; }

    /// <summary>The other side's System V id.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SegmentIdCompleter))]
    [WholeNumber]
    public int? DifferenceId { get; set; }

    /// <summary>The other side's System V key.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SegmentKeyCompleter))]
    [AllowEmptyString]
    public string? DifferenceKey { get; set; }

    /// <summary>A file as the other side: a snapshot's, or any dump.</summary>
    [Parameter]
    public string? DifferencePath { get; set; }

    /// <summary>Bytes from the start of the other side; as -Offset if not given.</summary>
    [Parameter]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long? DifferenceOffset { get; set; }

    private protected override string[] OwnPositions => [nameof(Difference)];

    private protected override ShmProtection Need => ShmProtection.Read;

    private protected bool HasDifference => Count > 0;

    private int Count => new object?[]
    {
        Difference, DifferenceName, DifferenceId, DifferenceKey, DifferencePath
    }.Count(static one => one is not null);

    /// <summary>Whether a second range must be given.</summary>
    private protected abstract bool IsDifferenceMandatory { get; }

    private protected override void Prepare()
    {
        if (Count > 1 || (Count == 0 && IsDifferenceMandatory))
        {
            ThrowTerminatingError(ErrorRecords.Conflict(
                "Give one range to compare with: -Difference, -DifferenceName, -DifferenceId, -DifferenceKey or "
                    + "-DifferencePath."));
        }
    }

    /// <summary>Opens the second range's place.</summary>
    private protected SecondRange OpenDifference() => SecondRange.Open(
        Difference, DifferenceName, DifferenceId, DifferenceKey,
        DifferencePath is null ? null : FileSystemPath(DifferencePath), ShmProtection.Read);

    /// <summary>The second range: as long as the first where a length was given, else to its own end.</summary>
    private protected ShmRange OpenRange(SecondRange other, long start) =>
        other.Range(DifferenceOffset ?? start, Length ?? (GivenRange is null ? null : GivenRange.Length - Offset));
}
