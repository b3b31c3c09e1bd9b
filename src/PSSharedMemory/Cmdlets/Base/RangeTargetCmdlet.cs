using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that works on a range of bytes of a mapping, given by offset and length or as an object that another
/// cmdlet found. Offset and length are not taken from the pipeline by name: a mapping has both, with another meaning.
/// </summary>
public abstract class RangeTargetCmdlet : MappingTargetCmdlet
{
    /// <summary>A range that another cmdlet found.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ParameterSets.InputObject)]
    public ShmDataRange? InputObject { get; set; }

    /// <summary>Bytes from the start of the mapping.</summary>
    [Parameter]
    public long Offset { get; set; }

    /// <summary>Bytes; all to the end if not given.</summary>
    [Parameter]
    public long? Length { get; set; }

    /// <summary>Whether the mapping is the user's, and stays after the call.</summary>
    private protected bool IsUsersMapping => Mapping is not null || InputObject?.Mapping is not null;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null)
        {
            base.ProcessRecord();
            return;
        }

        Attempt(InputObject, () =>
        {
            if (InputObject.Mapping is { } live)
            {
                Serve(live);
                return;
            }

            using var mapping = ShmMapping.Mount(InputObject.Segment, new ShmMountOptions { Protection = Need });
            Serve(mapping);
        });
    }

    private protected sealed override void Serve(ShmMapping mapping)
    {
        // What was piped has its own place; -Offset and -Length count from there.
        var start = (InputObject?.Offset ?? 0) + Offset;
        using var range = ShmRange.Of(mapping, start, Length ?? (InputObject is null ? null : InputObject.Length - Offset));
        Serve(mapping, start, range);
    }

    /// <summary>Does it to the range.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="start">Where the range begins in it, in bytes.</param>
    /// <param name="range">The bytes.</param>
    private protected abstract void Serve(ShmMapping mapping, long start, ShmRange range);
}
