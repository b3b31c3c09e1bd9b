using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>What -Pattern takes: bytes, numbers or text, as Write-ShmData would write them.</summary>
internal static class BytePattern
{
    /// <summary>The bytes.</summary>
    /// <exception cref="ShmException">
    /// OutOfRange: a number does not fit, a character is not in the encoding, or there is no byte at all.
    /// </exception>
    /// <exception cref="PSInvalidCastException">It is of another type altogether.</exception>
    public static byte[] From(object value, TypeArgument? type, Encoding? encoding, ShmByteOrder order)
    {
        var bytes = type?.Layout is { } layout
            ? FromLayout(value, layout, encoding, order)
            : WritableData.From(value, type, encoding, isNullTerminated: false).ToBytes(order);
        if (bytes.Length == 0)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, "A pattern needs at least one byte. Give bytes, a number or text.", value);
        }

        return bytes;
    }

    private static byte[] FromLayout(object value, ShmType layout, Encoding? encoding, ShmByteOrder order)
    {
        // What lies between fields, and in fields that are not named, could be anything.
        if (layout.GetInnermostElement().Kind is ShmTypeKind.Struct or ShmTypeKind.Union)
        {
            throw new PSInvalidCastException(
                $"'{layout.Name}' has fields, and a pattern has none. Give the bytes, or the value of one field with "
                    + "its type.");
        }

        var patch = TypedData.Encode(layout, value, null, encoding, order);
        var bytes = new byte[patch.End];
        patch.ApplyTo(bytes);
        return bytes;
    }
}
