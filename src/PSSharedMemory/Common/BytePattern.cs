using System;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>What -Pattern takes: bytes, numbers or text, as Write-ShmData would write them.</summary>
internal static class BytePattern
{
    /// <summary>The bytes.</summary>
    /// <exception cref="ShmException">
    /// OutOfRange: a number does not fit, a character is not in the encoding, or there is no byte at all.
    /// </exception>
    /// <exception cref="System.Management.Automation.PSInvalidCastException">It is of another type altogether.</exception>
    public static byte[] From(object value, TypeArgument? type, EncodingArgument? encoding, ShmByteOrder order)
    {
        var bytes = WritableData.From(value, type, encoding?.Value, isNullTerminated: false).ToBytes(order);
        if (bytes.Length == 0)
        {
            throw new ShmException(ShmErrorId.OutOfRange, "A pattern has one byte or more. Give bytes, a number or text.", value);
        }

        // An encoder writes '?' for what it does not have: that is not what was meant.
        var text = ((value as System.Management.Automation.PSObject)?.BaseObject ?? value) as string;
        return text is null || type?.Scalar is not null || (encoding?.Value ?? Encoding.UTF8).GetString(bytes).StartsWith(text, StringComparison.Ordinal)
            ? bytes
            : throw new ShmException(
                ShmErrorId.OutOfRange, $"'{text}' has characters that the encoding {encoding?.ToString() ?? "utf8"} cannot write.", value);
    }
}
