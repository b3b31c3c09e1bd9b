using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PSSharedMemory;

/// <summary>Types of single numbers.</summary>
public enum ShmScalar : long
{
    /// <summary>1 byte.</summary>
    Byte,

    /// <summary>1 byte, signed.</summary>
    SByte,

    /// <summary>2 bytes.</summary>
    Int16,

    /// <summary>2 bytes, unsigned.</summary>
    UInt16,

    /// <summary>4 bytes.</summary>
    Int32,

    /// <summary>4 bytes, unsigned.</summary>
    UInt32,

    /// <summary>8 bytes.</summary>
    Int64,

    /// <summary>8 bytes, unsigned.</summary>
    UInt64,

    /// <summary>4 bytes of floating point.</summary>
    Single,

    /// <summary>8 bytes of floating point.</summary>
    Double,
}

/// <summary>Arrays of numbers by a type that is known only at run time.</summary>
public static class ShmScalars
{
    /// <summary>The .NET type.</summary>
    public static Type TypeOf(ShmScalar scalar) => scalar switch
    {
        ShmScalar.Byte => typeof(byte),
        ShmScalar.SByte => typeof(sbyte),
        ShmScalar.Int16 => typeof(short),
        ShmScalar.UInt16 => typeof(ushort),
        ShmScalar.Int32 => typeof(int),
        ShmScalar.UInt32 => typeof(uint),
        ShmScalar.Int64 => typeof(long),
        ShmScalar.UInt64 => typeof(ulong),
        ShmScalar.Single => typeof(float),
        ShmScalar.Double => typeof(double),
        _ => throw new ArgumentOutOfRangeException(nameof(scalar)),
    };

    /// <summary>Bytes of one.</summary>
    public static int SizeOf(ShmScalar scalar) => scalar switch
    {
        ShmScalar.Byte or ShmScalar.SByte => 1,
        ShmScalar.Int16 or ShmScalar.UInt16 => 2,
        ShmScalar.Int32 or ShmScalar.UInt32 or ShmScalar.Single => 4,
        _ => 8,
    };

    /// <summary>The scalar of a .NET type, or null.</summary>
    public static ShmScalar? FromType(Type type) =>
        Enum.TryParse<ShmScalar>(Type.GetTypeCode(type).ToString(), out var scalar) && !type.IsEnum ? scalar : null;

    /// <summary>Reads a typed array (int[] for Int32) in one copy.</summary>
    /// <exception cref="ShmException">As <see cref="ShmReader"/>.</exception>
    public static Array ReadArray(
        ShmReader reader, ShmScalar scalar, long offset, int count, ShmByteOrder order = ShmByteOrder.Native)
    {
        Array values = scalar switch
        {
            ShmScalar.Byte => reader.ReadArray<byte>(offset, count),
            ShmScalar.SByte => reader.ReadArray<sbyte>(offset, count),
            ShmScalar.Int16 => reader.ReadArray<short>(offset, count),
            ShmScalar.UInt16 => reader.ReadArray<ushort>(offset, count),
            ShmScalar.Int32 => reader.ReadArray<int>(offset, count),
            ShmScalar.UInt32 => reader.ReadArray<uint>(offset, count),
            ShmScalar.Int64 => reader.ReadArray<long>(offset, count),
            ShmScalar.UInt64 => reader.ReadArray<ulong>(offset, count),
            ShmScalar.Single => reader.ReadArray<float>(offset, count),
            ShmScalar.Double => reader.ReadArray<double>(offset, count),
            _ => throw new ArgumentOutOfRangeException(nameof(scalar)),
        };
        if (order.IsSwapped())
        {
            Reverse(BytesOf(values), SizeOf(scalar));
        }

        return values;
    }

    /// <summary>Writes a typed array in one copy; the array stays as it is.</summary>
    /// <exception cref="ShmException">As <see cref="ShmWriter"/>.</exception>
    public static void WriteArray(ShmWriter writer, Array values, long offset, ShmByteOrder order = ShmByteOrder.Native)
    {
        var scalar = FromType(values.GetType().GetElementType()!)
            ?? throw new ArgumentException("An array of numbers is needed.", nameof(values));
        if (order.IsSwapped() && SizeOf(scalar) > 1)
        {
            values = (Array)values.Clone();
            Reverse(BytesOf(values), SizeOf(scalar));
        }

        writer.WriteBytes(offset, (ReadOnlySpan<byte>)BytesOf(values));
    }

    /// <summary>Reverses the bytes of each number in place.</summary>
    public static void Reverse(Span<byte> bytes, int size)
    {
        switch (size)
        {
            case 2:
                var shorts = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 4:
                var ints = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(ints, ints);
                break;
            case 8:
                var longs = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
        }
    }

    /// <summary>The exception for a value beyond the range of a type, with a hint if bits were meant.</summary>
    /// <param name="value">The value.</param>
    /// <param name="scalar">The type that it was to become.</param>
    /// <returns>OutOfRange.</returns>
    public static ShmException DoesNotFit(object value, ShmScalar scalar) => new(
        ShmErrorId.OutOfRange,
        FormattableString.Invariant($"{value} does not fit into {scalar}.")
            + (scalar is ShmScalar.UInt32 or ShmScalar.UInt64 ? HexadecimalHint(value) : "")
            + " Nothing was written.",
        value);

    /// <summary>
    /// A hint for a negative number given to an unsigned type: in scripts, a hexadecimal constant that uses all bits is
    /// a signed number, though an address or a magic number was meant.
    /// </summary>
    internal static string HexadecimalHint(object? value) => value switch
    {
        int number when number < 0 =>
            FormattableString.Invariant($" If 0x{number:X8} is meant, write 0x{number:X8}u or '0x{number:X8}'."),
        long number when number < 0 =>
            FormattableString.Invariant($" If 0x{number:X16} is meant, write 0x{number:X16}u or '0x{number:X16}'."),
        _ => "",
    };

    private static Span<byte> BytesOf(Array values) =>
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(values), Buffer.ByteLength(values));
}
