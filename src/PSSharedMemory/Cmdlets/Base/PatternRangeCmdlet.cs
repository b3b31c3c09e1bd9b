using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet that takes a pattern of bytes, numbers or text to a range.</summary>
public abstract class PatternRangeCmdlet : DataTargetCmdlet
{
    /// <summary>Bytes; all to the end if not given.</summary>
    [Parameter]
    [Alias("Count", "L")]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long? Length { get; set; }

    /// <summary>The data type of the pattern; its own if not given.</summary>
    [Parameter]
    [Alias("Type")]
    [ArgumentCompleter(typeof(DataTypeCompleter))]
    [ValidateNotNull]
    [DataType]
    public object? As { get; set; }

    /// <summary>The bytes of a pattern; what has none ends the cmdlet.</summary>
    private protected byte[] BytesOf(object pattern) => Require(
        pattern, () => BytePattern.From(pattern, Understand(As, TypeArgument.Of), Encoding, Order));

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
