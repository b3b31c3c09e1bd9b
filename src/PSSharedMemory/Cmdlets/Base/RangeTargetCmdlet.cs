using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A cmdlet that works on a range of bytes of a mapping, given by offset and length or as an object that another
/// cmdlet found. Offset and length are not taken from the pipeline by name: a mapping has both, with another meaning.
/// </summary>
public abstract class RangeTargetCmdlet : MappingTargetCmdlet
{
    /// <summary>Bytes from the start of the mapping.</summary>
    [Parameter]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long Offset { get; set; }

    /// <summary>Bytes; all to the end if not given.</summary>
    [Parameter]
    [Alias("Count", "L")]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long? Length { get; set; }

    private protected sealed override void Serve(ShmMapping mapping)
    {
        using var range = RangeOf(mapping, Offset, Length, out var start);
        Serve(mapping, start, range);
    }

    /// <summary>Processes the range.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="start">Where the range begins in it, in bytes.</param>
    /// <param name="range">The bytes.</param>
    private protected abstract void Serve(ShmMapping mapping, long start, ShmRange range);
}
