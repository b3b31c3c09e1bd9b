using System;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.InteropServices;

namespace PSSharedMemory;

/// <summary>Reads values of one type from the start of a span that is long enough.</summary>
internal abstract class ValueReader
{
    public abstract Type ElementType { get; }

    public abstract object Read(ReadOnlySpan<byte> bytes);

    /// <summary>Reads values that stand one after another.</summary>
    public abstract Array ReadArray(ReadOnlySpan<byte> bytes, int count);

    public static ValueReader Scalar(ShmType type) => type.Kind switch
    {
        ShmTypeKind.Boolean => new ConvertingReader<bool>(1, static bytes => bytes[0] != 0),
        ShmTypeKind.Address => new PlainReader<ShmAddress>(),
        ShmTypeKind.Enumeration => EnumTypes.Of(type) is { IsEnum: true } names
            ? new EnumerationReader(names, Scalar(type.ElementType!))
            : Scalar(type.ElementType!),
        ShmTypeKind.Opaque => new OpaqueReader((int)type.Size),
        ShmTypeKind.FloatingPoint => type.Size switch
        {
            2 => new ConvertingReader<float>(2, static bytes => (float)MemoryMarshal.Read<Half>(bytes)),
            4 => new PlainReader<float>(),
            8 => new PlainReader<double>(),
            _ => type.IsExtended
                ? new ConvertingReader<double>(16, static bytes => WideReal.Read(bytes, isExtended: true))
                : new ConvertingReader<double>(16, static bytes => WideReal.Read(bytes, isExtended: false)),
        },
        ShmTypeKind.Character => type.Size switch
        {
            1 => new ConvertingReader<char>(1, static bytes => (char)bytes[0]),
            2 => new PlainReader<char>(),
            _ => type.IsSigned ? new PlainReader<int>() : new PlainReader<uint>(),
        },
        _ => (type.Size, type.IsSigned) switch
        {
            (1, true) => new PlainReader<sbyte>(),
            (1, false) => new PlainReader<byte>(),
            (2, true) => new PlainReader<short>(),
            (2, false) => new PlainReader<ushort>(),
            (4, true) => new PlainReader<int>(),
            (4, false) => new PlainReader<uint>(),
            (8, true) => new PlainReader<long>(),
            (8, false) => new PlainReader<ulong>(),
            (_, true) => new ConvertingReader<BigInteger>(16, static bytes => MemoryMarshal.Read<Int128>(bytes)),
            (_, false) => new ConvertingReader<BigInteger>(16, static bytes => MemoryMarshal.Read<UInt128>(bytes)),
        },
    };
}

/// <summary>Numbers that .NET keeps in memory as C does.</summary>
internal sealed class PlainReader<T> : ValueReader
    where T : unmanaged
{
    public override Type ElementType => typeof(T);

    public override object Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<T>(bytes);

    public override unsafe Array ReadArray(ReadOnlySpan<byte> bytes, int count)
    {
        var result = new T[count];
        bytes[..(count * sizeof(T))].CopyTo(MemoryMarshal.AsBytes(result.AsSpan()));
        return result;
    }
}

/// <summary>Values that .NET keeps otherwise than C.</summary>
internal sealed class ConvertingReader<T>(int size, ConvertingReader<T>.Conversion convert) : ValueReader
    where T : struct
{
    public delegate T Conversion(ReadOnlySpan<byte> bytes);

    public override Type ElementType => typeof(T);

    public override object Read(ReadOnlySpan<byte> bytes) => convert(bytes);

    public override Array ReadArray(ReadOnlySpan<byte> bytes, int count)
    {
        var result = new T[count];
        for (var i = 0; i < count; i++)
        {
            result[i] = convert(bytes[(i * size)..]);
        }

        return result;
    }
}

/// <summary>Enumerations, as .NET enums with the declared names.</summary>
[UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Arrays of an enum that a program declares are in it.")]
internal sealed class EnumerationReader(Type type, ValueReader number) : ValueReader
{
    public override Type ElementType => type;

    public override object Read(ReadOnlySpan<byte> bytes) => Enum.ToObject(type, number.Read(bytes));

    public override Array ReadArray(ReadOnlySpan<byte> bytes, int count)
    {
        var numbers = number.ReadArray(bytes, count);
        var result = Array.CreateInstance(type, count);
        Buffer.BlockCopy(numbers, 0, result, 0, Buffer.ByteLength(numbers));
        return result;
    }
}

/// <summary>Types of which only the size is known.</summary>
internal sealed class OpaqueReader(int size) : ValueReader
{
    public override Type ElementType => typeof(byte[]);

    public override object Read(ReadOnlySpan<byte> bytes) => bytes[..size].ToArray();

    public override Array ReadArray(ReadOnlySpan<byte> bytes, int count)
    {
        var result = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            result[i] = bytes.Slice(i * size, size).ToArray();
        }

        return result;
    }
}
