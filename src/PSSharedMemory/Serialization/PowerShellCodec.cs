using System;
using System.Management.Automation;
using System.Text;
using System.Xml;

namespace PSSharedMemory.Commands;

/// <summary>
/// Values as scripts have them: simple ones as themselves, all others as CLIXML, as jobs and remoting send them.
/// </summary>
internal sealed class PowerShellCodec(int depth) : ShmValueCodec
{
    /// <summary>How many levels of an object travel where none was asked for.</summary>
    public const int DefaultDepth = 2;

    public static readonly PowerShellCodec Default = new(DefaultDepth);

    /// <inheritdoc/>
    protected override object? Unwrap(object? value) => value is PSObject wrapper ? Bare(wrapper) : value;

    /// <inheritdoc/>
    protected override byte[] EncodeOther(object value, out uint type)
    {
        type = (uint)ShmValueType.CliXml;
        return Encoding.UTF8.GetBytes(PSSerializer.Serialize(value, depth));
    }

    /// <inheritdoc/>
    protected override object? DecodeOther(byte[] bytes, uint type)
    {
        if (type != (uint)ShmValueType.CliXml)
        {
            return bytes;
        }

        try
        {
            return PSSerializer.Deserialize(Encoding.UTF8.GetString(bytes));
        }
        catch (Exception error) when (error is XmlException or InvalidOperationException or PSArgumentException
            or RuntimeException)
        {
            throw new ShmException(
                ShmErrorId.InvalidStructure, $"{bytes.Length} bytes do not make an object in CLIXML: {error.Message}",
                bytes);
        }
    }

    /// <summary>Simple values without the notes that cmdlets pinned on them, objects with them.</summary>
    private static object Bare(PSObject wrapper) => wrapper.BaseObject is { } bare and
        (string or byte[] or DateTime or decimal or TimeSpan or Guid or DateTimeOffset
            or (ValueType and IConvertible and not Enum))
            ? bare
            : wrapper;
}
