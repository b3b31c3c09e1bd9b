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

        return bytes;
    }
}
