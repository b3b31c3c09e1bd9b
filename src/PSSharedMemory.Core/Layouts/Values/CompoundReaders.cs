using System;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace PSSharedMemory;

/// <summary>Structs and unions: one reader a field, each at its place.</summary>
internal sealed class RecordReader : ValueReader
{
    private readonly ShmType _type;
    private readonly ShmRecordFactory _records;
    private readonly ValueReader[] _readers;
    private readonly int[] _offsets;
    private readonly int _size;

    public RecordReader(ShmType type, ShmTypeReader owner, ShmRecordFactory records)
    {
        _type = type;
        _records = records;
        _size = (int)Math.Min(type.Size, int.MaxValue);
        _readers = new ValueReader[type.Fields.Count];
        _offsets = new int[type.Fields.Count];
        for (var i = 0; i < _readers.Length; i++)
        {
            var field = type.Fields[i];
            _readers[i] = owner.ReaderOf(field);
            _offsets[i] = (int)Math.Min(field.FirstByte, int.MaxValue);
        }
    }

    public override Type ElementType => _records.RecordType;

    public override object Read(ReadOnlySpan<byte> bytes)
    {
        var values = new object?[_readers.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = _readers[i].Read(bytes[_offsets[i]..]);
        }

        return _records.Create(_type, values);
    }

    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Records are references.")]
    public override Array ReadArray(ReadOnlySpan<byte> bytes, int count)
    {
        var result = Array.CreateInstance(_records.RecordType, count);
        var items = result as object[];
        for (var i = 0; i < count; i++)
        {
            items![i] = Read(bytes[(i * _size)..]);
        }

        return result;
    }
}

/// <summary>Arrays of anything but characters.</summary>
[UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Arrays of numbers and of references are always there.")]
internal sealed class ArrayReader(ValueReader element, long count, long size) : ValueReader
{
    public override Type ElementType => element.ElementType.MakeArrayType();

    public override object Read(ReadOnlySpan<byte> bytes) => element.ReadArray(bytes, (int)count);

    public override Array ReadArray(ReadOnlySpan<byte> bytes, int count)
    {
        var result = Array.CreateInstance(ElementType, count);
        var items = (object[])result;
        for (var i = 0; i < count; i++)
        {
            items[i] = Read(bytes[(int)(i * size)..]);
        }

        return result;
    }
}

/// <summary>Arrays of characters: text up to the first NUL, or to the end where there is none.</summary>
internal sealed class TextReader(TextCodec codec, long size) : ValueReader
{
    public override Type ElementType => typeof(string);

    public override object Read(ReadOnlySpan<byte> bytes) => codec.Decode(bytes[..(int)size]);

    public override Array ReadArray(ReadOnlySpan<byte> bytes, int count)
    {
        var result = new string[count];
        for (var i = 0; i < count; i++)
        {
            result[i] = codec.Decode(bytes.Slice((int)(i * size), (int)size));
        }

        return result;
    }
}

/// <summary>Bit-fields, from the bytes that hold their bits.</summary>
internal sealed class BitFieldReader(int shift, int width, ShmType type, bool isBigEndian = false) : ValueReader
{
    private readonly ShmType _number = type.Kind == ShmTypeKind.Enumeration ? type.ElementType! : type;
    private readonly Type? _enumeration =
        type.Kind == ShmTypeKind.Enumeration && EnumTypes.Of(type) is { IsEnum: true } names ? names : null;

    public override Type ElementType => typeof(object);

    public override object Read(ReadOnlySpan<byte> bytes)
    {
        if (isBigEndian)
        {
            var large = FromFirstBit(bytes);
            return Box(_number.IsSigned ? (Int128)(large << (128 - width)) >> (128 - width) : (Int128)large, large);
        }

        // At most 17 bytes, for 128 bits that begin within a byte.
        var count = (shift + width + 7) / 8;
        UInt128 bits = 0;
        for (var i = Math.Min(count, 16) - 1; i >= 0; i--)
        {
            bits = (bits << 8) | bytes[i];
        }

        bits >>= shift;
        if (count == 17)
        {
            bits |= (UInt128)bytes[16] << (128 - shift);
        }

        if (width < 128)
        {
            bits &= (UInt128.One << width) - 1;
        }

        var value = _number.IsSigned ? (Int128)(bits << (128 - width)) >> (128 - width) : (Int128)bits;
        return Box(value, bits);
    }

    public override Array ReadArray(ReadOnlySpan<byte> bytes, int count) =>
        throw new NotSupportedException("There are no arrays of bit-fields.");

    /// <summary>Big-endian compilers begin with the most significant bit of the first byte.</summary>
    private UInt128 FromFirstBit(ReadOnlySpan<byte> bytes)
    {
        UInt128 bits = 0;
        for (var place = shift; place < shift + width; place++)
        {
            bits = (bits << 1) | (uint)(bytes[place / 8] >> (7 - (place & 7)) & 1);
        }

        return bits;
    }

    private object Box(Int128 value, UInt128 bits)
    {
        if (_enumeration is not null)
        {
            return _number.IsSigned
                ? Enum.ToObject(_enumeration, (long)value)
                : Enum.ToObject(_enumeration, (ulong)bits);
        }

        if (_number.Kind == ShmTypeKind.Boolean)
        {
            return bits != 0;
        }

        return (_number.Size, _number.IsSigned) switch
        {
            (1, true) => (sbyte)value,
            (1, false) => (byte)bits,
            (2, true) => (short)value,
            (2, false) => (ushort)bits,
            (4, true) => (int)value,
            (4, false) => (uint)bits,
            (8, true) => (long)value,
            (8, false) => (ulong)bits,
            (_, true) => (BigInteger)value,
            (_, false) => (BigInteger)bits,
        };
    }
}
