using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>A cmdlet that reads or writes typed data at an offset.</summary>
public abstract class DataTargetCmdlet : MappingTargetCmdlet
{
    /// <summary>Bytes from the start of the mapping.</summary>
    [Parameter]
    [ByteCount]
    [ArgumentCompleter(typeof(NoCompleter))]
    public long Offset { get; set; }

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
}
