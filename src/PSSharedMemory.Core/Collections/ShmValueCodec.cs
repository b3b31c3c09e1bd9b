using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace PSSharedMemory;

/// <summary>
/// Encodes values for messages and dictionaries: numbers, text, dates, bytes, booleans and null. Derived codecs handle
/// everything else.
/// </summary>
public class ShmValueCodec
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Turns a value into bytes.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">What the bytes are: a <see cref="ShmValueType"/>, or another number.</param>
    /// <exception cref="ShmException">OutOfRange: a value that this codec does not know.</exception>
    public byte[] Encode(object? value, out uint type)
    {
        value = Unwrap(value);
        (var known, var bytes) = value switch
        {
            null => (ShmValueType.Null, []),
            string text => Text(text),
            byte[] array => (ShmValueType.Bytes, array),
            int number => (ShmValueType.Int32, BitConverter.GetBytes(number)),
            long number => (ShmValueType.Int64, BitConverter.GetBytes(number)),
            double number => (ShmValueType.Double, BitConverter.GetBytes(number)),
            bool truth => (ShmValueType.Boolean, [(byte)(truth ? 1 : 0)]),
            DateTime date => (ShmValueType.Date, FromDate(date)),
            Enum => (ShmValueType.None, null),
            uint number => (ShmValueType.UInt32, BitConverter.GetBytes(number)),
            ulong number => (ShmValueType.UInt64, BitConverter.GetBytes(number)),
            short number => (ShmValueType.Int16, BitConverter.GetBytes(number)),
            ushort number => (ShmValueType.UInt16, BitConverter.GetBytes(number)),
            sbyte number => (ShmValueType.SByte, [(byte)number]),
            byte number => (ShmValueType.Byte, [number]),
            float number => (ShmValueType.Single, BitConverter.GetBytes(number)),
            decimal number => (ShmValueType.Decimal, MemoryMarshal.AsBytes<int>(decimal.GetBits(number)).ToArray()),
            char character => (ShmValueType.Char, BitConverter.GetBytes(character)),
            TimeSpan time => (ShmValueType.TimeSpan, BitConverter.GetBytes(time.Ticks)),
            Guid guid => (ShmValueType.Guid, guid.ToByteArray()),
            DateTimeOffset date => (
                ShmValueType.DateTimeOffset,
                [.. BitConverter.GetBytes(date.Ticks), .. BitConverter.GetBytes(date.Offset.Ticks)]),
            _ => (ShmValueType.None, (byte[]?)null),
        };
        if (bytes is not null)
        {
            type = (uint)known;
            return bytes;
        }

        return EncodeOther(value!, out type);
    }

    /// <summary>Turns bytes back into the value; bytes of an unknown type stay bytes.</summary>
    /// <exception cref="ShmException">InvalidStructure: the bytes are none of that type.</exception>
    public object? Decode(byte[] bytes, uint type)
    {
        try
        {
            return DecodeKnown(bytes, (ShmValueType)type);
        }
        catch (ArgumentException error)
        {
            throw new ShmException(
                ShmErrorId.InvalidStructure,
                $"{bytes.Length} bytes do not make a value of type {(ShmValueType)type}: {error.Message}", bytes);
        }
    }

    /// <summary>A value without its host's wrapper.</summary>
    protected virtual object? Unwrap(object? value) => value;

    /// <summary>Turns a value of any other type into bytes.</summary>
    protected virtual byte[] EncodeOther(object value, out uint type) => throw new ShmException(
        ShmErrorId.OutOfRange,
        $"A value of type {value.GetType()} cannot be stored directly in shared memory. Give a number, text, a date or "
            + "bytes.",
        value);

    /// <summary>Turns bytes of any other type into a value.</summary>
    protected virtual object? DecodeOther(byte[] bytes, uint type) => bytes;

    private static (ShmValueType Type, byte[]? Bytes) Text(string text)
    {
        try
        {
            return (ShmValueType.Text, Utf8.GetBytes(text));
        }
        catch (EncoderFallbackException)
        {
            // Half a surrogate pair has no UTF-8; as an object it survives.
            return (ShmValueType.None, null);
        }
    }

    private static byte[] FromDate(DateTime date)
    {
        var ticks = date.Kind == DateTimeKind.Local ? date.ToUniversalTime().Ticks : date.Ticks;
        return [.. BitConverter.GetBytes(ticks), (byte)date.Kind];
    }

    private static DateTime ToDate(byte[] bytes)
    {
        var kind = bytes.Length == sizeof(long)
            ? DateTimeKind.Utc
            : (DateTimeKind)bytes[Sized(bytes, sizeof(long) + 1).Length - 1];
        var ticks = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return kind switch
        {
            DateTimeKind.Unspecified or DateTimeKind.Utc => new DateTime(ticks, kind),
            DateTimeKind.Local => new DateTime(ticks, DateTimeKind.Utc).ToLocalTime(),
            _ => throw new ArgumentException($"{(int)kind} isn't a kind of date."),
        };
    }

    private static byte[] Sized(byte[] bytes, int size) =>
        bytes.Length == size ? bytes : throw new ArgumentException($"it has {size} bytes.");

    private object? DecodeKnown(byte[] bytes, ShmValueType type) => type switch
    {
        ShmValueType.Null => null,
        ShmValueType.Text => Utf8.GetString(bytes),
        ShmValueType.Bytes or ShmValueType.None => bytes,
        ShmValueType.Int32 => BitConverter.ToInt32(Sized(bytes, sizeof(int))),
        ShmValueType.Int64 => BitConverter.ToInt64(Sized(bytes, sizeof(long))),
        ShmValueType.Double => BitConverter.ToDouble(Sized(bytes, sizeof(double))),
        ShmValueType.Boolean => Sized(bytes, 1)[0] != 0,
        ShmValueType.Date => ToDate(bytes),
        ShmValueType.UInt32 => BitConverter.ToUInt32(Sized(bytes, sizeof(uint))),
        ShmValueType.UInt64 => BitConverter.ToUInt64(Sized(bytes, sizeof(ulong))),
        ShmValueType.Int16 => BitConverter.ToInt16(Sized(bytes, sizeof(short))),
        ShmValueType.UInt16 => BitConverter.ToUInt16(Sized(bytes, sizeof(ushort))),
        ShmValueType.SByte => (sbyte)Sized(bytes, 1)[0],
        ShmValueType.Byte => Sized(bytes, 1)[0],
        ShmValueType.Single => BitConverter.ToSingle(Sized(bytes, sizeof(float))),
        ShmValueType.Decimal => new decimal(MemoryMarshal.Cast<byte, int>(Sized(bytes, sizeof(decimal)))),
        ShmValueType.Char => BitConverter.ToChar(Sized(bytes, sizeof(char))),
        ShmValueType.TimeSpan => new TimeSpan(BitConverter.ToInt64(Sized(bytes, sizeof(long)))),
        ShmValueType.Guid => new Guid(Sized(bytes, 16)),
        ShmValueType.DateTimeOffset => new DateTimeOffset(
            BitConverter.ToInt64(Sized(bytes, 2 * sizeof(long))),
            new TimeSpan(BitConverter.ToInt64(bytes, sizeof(long)))),
        _ => DecodeOther(bytes, (uint)type),
    };
}
