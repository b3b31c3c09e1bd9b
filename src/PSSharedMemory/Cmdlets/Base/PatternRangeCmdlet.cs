using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet that takes a pattern of bytes, numbers or text to a range.</summary>
public abstract class PatternRangeCmdlet : RangeTargetCmdlet
{
    /// <summary>The data type of the pattern; its own if not given.</summary>
    [Parameter]
    [Alias("Type")]
    [ArgumentCompleter(typeof(DataTypeCompleter))]
    [ValidateNotNull]
    [DataType]
    public object? As { get; set; }

    /// <summary>The encoding of text; UTF-8 if not given.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    [ValidateNotNull]
    [TextEncoding]
    public Encoding? Encoding { get; set; }

    /// <summary>The byte order of numbers.</summary>
    [Parameter]
    [Choice(typeof(ShmByteOrder))]
    [ArgumentCompleter(typeof(ByteOrderCompleter))]
    public string ByteOrder { get; set; } = nameof(ShmByteOrder.Native);

    /// <summary>-ByteOrder as a value.</summary>
    private protected ShmByteOrder Order => ChoiceAttribute.Of<ShmByteOrder>(ByteOrder);

    /// <summary>The bytes of a pattern; what has none ends the cmdlet.</summary>
    private protected byte[] BytesOf(object pattern) => Require(
        pattern, () => BytePattern.From(pattern, Understand(As, TypeArgument.Of), Encoding, Order));
}
