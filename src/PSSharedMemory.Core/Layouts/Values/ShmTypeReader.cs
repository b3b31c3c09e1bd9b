using System;
using System.Collections.Generic;
using System.Text;

namespace PSSharedMemory;

/// <summary>
/// Turns bytes into values of a type. The layout is compiled once, into one reader per type in it, so that thousands of
/// structs cost little more than their values.
/// </summary>
/// <remarks>
/// Structs and unions become <see cref="ShmRecord"/>, arrays typed arrays (of arrays, where there are several
/// dimensions), arrays of characters text up to the first NUL, enumerations enums with the declared names, pointers
/// <see cref="ShmAddress"/>, 128-bit integers <see cref="System.Numerics.BigInteger"/>, opaque types bytes.
/// <c>_Float16</c> is a <see cref="float"/>, which holds all of them; <c>long double</c> and <c>_Float128</c> are the
/// nearest <see cref="double"/>, as C's cast has it. No big-endian host has an x87 number: in that order it stays
/// bytes.
/// </remarks>
public sealed class ShmTypeReader
{
    /// <summary>One value is made of no more objects than this.</summary>
    private const long MaximumObjects = 1 << 27;

    private readonly Dictionary<ShmType, ValueReader> _readers = [];
    private readonly ShmRecordFactory _records;
    private readonly Encoding _encoding;
    private readonly ShmByteOrder _order;

    /// <summary>Compiles a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="encoding">The encoding of <c>char</c> text; UTF-8 if null. Wider characters have their own.</param>
    public ShmTypeReader(ShmType type, Encoding? encoding = null)
        : this(type, encoding, ShmRecordFactory.Default)
    {
    }

    /// <summary>Compiles a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="encoding">The encoding of <c>char</c> text; UTF-8 if null. Wider characters have their own.</param>
    /// <param name="records">Makes the objects that structs are read into.</param>
    /// <param name="order">The byte order for what has none of its own.</param>
    public ShmTypeReader(
        ShmType type, Encoding? encoding, ShmRecordFactory records, ShmByteOrder order = ShmByteOrder.Native)
    {
        ArgumentNullException.ThrowIfNull(type);
        Type = type;
        _encoding = encoding ?? TextCodec.Default;
        _records = records;
        _order = order;
    }

    /// <summary>The type.</summary>
    public ShmType Type { get; }

    /// <summary>Reads one value.</summary>
    /// <param name="bytes">At least as many as the type has.</param>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.OutOfRange"/>: too few bytes, or a value of too many parts.
    /// </exception>
    public object Read(ReadOnlySpan<byte> bytes)
    {
        Check(Type, 1, bytes.Length);
        return ReaderOf(Type).Read(bytes);
    }

    /// <summary>Reads values that stand one after another, as one typed array.</summary>
    /// <param name="bytes">At least as many as they have.</param>
    /// <param name="count">How many values; 0 or more.</param>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.OutOfRange"/>: too few bytes, or too many parts.
    /// </exception>
    public Array ReadArray(ReadOnlySpan<byte> bytes, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Check(Type, count, bytes.Length);
        return ReaderOf(Type).ReadArray(bytes, count);
    }

    /// <summary>Reads one value of a mapping; all its bytes in one copy.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.OutOfRange"/>, and all that <see cref="ShmReader"/> throws.
    /// </exception>
    public object Read(ShmMapping mapping, long offset)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        return TypedAccess.Read(mapping, offset, this);
    }

    /// <summary>
    /// Reads values of a mapping that stand one after another, as one typed array; all their bytes in one copy.
    /// </summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="count">How many values; 0 or more.</param>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.OutOfRange"/>, and all that <see cref="ShmReader"/> throws.
    /// </exception>
    public Array ReadArray(ShmMapping mapping, long offset, long count)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        return TypedAccess.ReadArray(mapping, offset, this, count);
    }

    /// <summary>
    /// The same one by one: all bytes are copied now, each value is decoded when it is taken. It takes no more memory
    /// than the bytes, however many there are.
    /// </summary>
    /// <inheritdoc cref="ReadArray(ShmMapping, long, long)"/>
    public IEnumerable<object> ReadEach(ShmMapping mapping, long offset, long count)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        var bytes = TypedAccess.Bytes(mapping, offset, Type, count);
        Check(Type, (int)count, bytes.Length);
        return Decode(bytes, (int)count);
    }

    /// <summary>Reads one field of a value in a mapping, and no byte that is not its own.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Where the value begins: bytes from the start of the mapping.</param>
    /// <param name="field">The field, as <see cref="ShmType.GetField"/> finds it.</param>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.OutOfRange"/>, and all that <see cref="ShmReader"/> throws.
    /// </exception>
    public object ReadField(ShmMapping mapping, long offset, ShmField field)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        return TypedAccess.ReadField(mapping, offset, this, field);
    }

    /// <summary>Reads one field from the bytes that hold it.</summary>
    internal object ReadField(ShmField field, ReadOnlySpan<byte> bytes)
    {
        if (field.BitWidth is null)
        {
            Check(field.Type, 1, bytes.Length);
        }

        return ReaderOf(field).Read(bytes);
    }

    internal ValueReader ReaderOf(ShmField field) => field.BitWidth is int width
        ? new BitFieldReader(field.BitOffset!.Value & 7, width, field.Type, _order.IsSwappedFor(field.Type))
        : ReaderOf(field.Type);

    internal ValueReader ReaderOf(ShmType type)
    {
        if (!_readers.TryGetValue(type, out var reader))
        {
            reader = Compile(type);
            _readers.Add(type, reader);
        }

        return reader;
    }

    private IEnumerable<object> Decode(byte[] bytes, int count)
    {
        var (reader, size) = (ReaderOf(Type), (int)Type.Size);
        for (var i = 0; i < count; i++)
        {
            yield return reader.Read(bytes.AsSpan(i * size, size));
        }
    }

    private ValueReader Compile(ShmType type) => type.Kind switch
    {
        ShmTypeKind.Struct or ShmTypeKind.Union => new RecordReader(type, this, _records),
        ShmTypeKind.Array when type.ElementType!.Kind == ShmTypeKind.Character =>
            new TextReader(TextCodec.For(type.ElementType, _encoding, _order), type.Size),
        ShmTypeKind.Array => new ArrayReader(ReaderOf(type.ElementType!), type.Count, type.Size),
        _ when type.IsExtended && _order.IsSwappedFor(type) => new OpaqueReader((int)type.Size),
        _ when _order.IsSwappedFor(type) && type.Size > 1 && type.Kind != ShmTypeKind.Opaque =>
            new SwappedReader(ValueReader.Scalar(type), (int)type.Size),
        _ => ValueReader.Scalar(type),
    };

    private static void Check(ShmType type, int count, int available)
    {
        var needed = (Int128)type.Size * count;
        if (needed > available)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, $"{count} of '{type.Label}' take {needed} bytes; there are {available}.", type);
        }

        if ((Int128)type.ObjectCount * count > MaximumObjects)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange, $"'{type.Label}' has too many parts to read at once; name one of its fields.",
                type);
        }
    }
}
