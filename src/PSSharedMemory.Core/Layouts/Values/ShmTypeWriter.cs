using System;
using System.Collections;
using System.Text;

namespace PSSharedMemory;

/// <summary>
/// Turns values into the bytes of a type's fields. Every value is checked before anything is written: what does not
/// fit, is of another kind or names no field is <see cref="ShmErrorId.OutOfRange"/> and leaves the memory as it was.
/// </summary>
/// <remarks>
/// Text is padded with NULs to the end of its field and may fill it without one; a NUL within text is refused, since
/// reading would end there (give bytes instead). An array has to have as many elements as its field, a flexible one any
/// number; single elements are named by a path, <c>items[3]</c>.
/// </remarks>
public sealed partial class ShmTypeWriter
{
    private readonly Encoding _encoding;
    private readonly ShmValueSource _source;
    private readonly ShmByteOrder _order;

    /// <summary>Makes a writer.</summary>
    /// <param name="type">The type.</param>
    /// <param name="encoding">The encoding of <c>char</c> text; UTF-8 if null. Wider characters have their own.</param>
    public ShmTypeWriter(ShmType type, Encoding? encoding = null)
        : this(type, encoding, ShmValueSource.Default)
    {
    }

    /// <summary>Makes a writer.</summary>
    /// <param name="type">The type.</param>
    /// <param name="encoding">The encoding of <c>char</c> text; UTF-8 if null. Wider characters have their own.</param>
    /// <param name="source">Looks into the values that are to be written.</param>
    /// <param name="order">The byte order for what has none of its own.</param>
    public ShmTypeWriter(
        ShmType type, Encoding? encoding, ShmValueSource source, ShmByteOrder order = ShmByteOrder.Native)
    {
        ArgumentNullException.ThrowIfNull(type);
        Type = type;
        _encoding = encoding ?? TextCodec.Default;
        _source = source;
        _order = order;
    }

    /// <summary>The type.</summary>
    public ShmType Type { get; }

    /// <summary>Writes the named fields of a value, and no other byte, into memory of this process.</summary>
    /// <param name="bytes">The value's bytes.</param>
    /// <param name="value">For a struct a dictionary or object with some of its fields, by name or path.</param>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.OutOfRange"/>: a value does not fit, or names no field; nothing was written.
    /// </exception>
    public void Write(Span<byte> bytes, object? value)
    {
        var patch = Encode(value);
        if (patch.End > bytes.Length)
        {
            throw new ShmException(
                ShmErrorId.OutOfRange,
                $"The value takes {patch.End} bytes; there are {bytes.Length}. Nothing was written.", Type);
        }

        patch.ApplyTo(bytes);
    }

    /// <summary>Writes the named fields of a value, and no other byte, into a mapping.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="offset">Bytes from the start of the mapping.</param>
    /// <param name="value">For a struct a dictionary or object with some of its fields, by name or path.</param>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.OutOfRange"/>: nothing was written; and all that <see cref="ShmWriter"/> throws.
    /// </exception>
    public void Write(ShmMapping mapping, long offset, object? value)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        TypedAccess.Write(mapping, offset, Encode(value));
    }

    /// <summary>What it takes to write a value of the type.</summary>
    public ShmPatch Encode(object? value)
    {
        var patch = new PatchBuilder();
        Add(patch, new ShmField(Type.Name, Type.Name, Type, 0), value, Type.Label);
        return patch.Build();
    }

    /// <summary>What it takes to write values one after another.</summary>
    public ShmPatch EncodeArray(IEnumerable values)
    {
        var patch = new PatchBuilder();
        long offset = 0;
        foreach (var value in values)
        {
            Add(patch, new ShmField(Type.Name, Type.Name, Type, offset), value, Type.Label);
            offset += Type.Size;
        }

        return patch.Build();
    }

    /// <summary>What it takes to write one field, named by its path.</summary>
    public ShmPatch EncodeField(string path, object? value)
    {
        var patch = new PatchBuilder();
        Add(patch, Type.GetField(path), value, path);
        return patch.Build();
    }

    private void Add(PatchBuilder patch, ShmField field, object? wrapped, string path)
    {
        var value = _source.Unwrap(wrapped);
        var type = field.Type;
        if (field.BitWidth is not null)
        {
            AddBits(patch, field, value, path);
        }
        else if (type.IsRecord)
        {
            AddRecord(patch, field, wrapped, value, path);
        }
        else if (type.Kind == ShmTypeKind.Array)
        {
            AddArray(patch, field, value, path);
        }
        else if (type.Kind == ShmTypeKind.Opaque || (type.IsExtended && _order.IsSwappedFor(type))
            || (type is { Kind: ShmTypeKind.FloatingPoint, Size: 16 } && value is IList))
        {
            AddBytes(patch, field, value, path);
        }
        else
        {
            var length = type.IsExtended ? WideReal.ExtendedLength : (int)type.Size;
            var room = patch.Reserve(field.Offset, length, type.IsAtomic);
            ScalarWriter.Write(type, value, path, room);
            if (_order.IsSwappedFor(type))
            {
                room.Reverse();
            }
        }
    }

    private void AddBits(PatchBuilder patch, ShmField field, object? value, string path)
    {
        var width = field.BitWidth!.Value;
        var shift = field.BitOffset!.Value & 7;
        var bits = ScalarWriter.Bits(field.Type, width, value, path);
        var data = new byte[field.ByteLength];
        var mask = new byte[data.Length];
        var isBigEndian = _order.IsSwappedFor(field.Type);
        for (var i = 0; i < width; i++)
        {
            var place = shift + i;
            var bit = (byte)(isBigEndian ? 0x80 >> (place & 7) : 1 << (place & 7));
            mask[place / 8] |= bit;
            if ((bits >> (isBigEndian ? width - 1 - i : i) & 1) != 0)
            {
                data[place / 8] |= bit;
            }
        }

        patch.AddBits(field.FirstByte, data, mask);
    }

    private void AddRecord(PatchBuilder patch, ShmField field, object? wrapped, object? value, string path)
    {
        var members = value is null ? null : ClrFields.Of(field.Type, value) ?? _source.Members(wrapped!);
        if (members is null)
        {
            throw ScalarWriter.WrongKind(field.Type, value, path);
        }

        foreach (var member in members)
        {
            var memberPath = path == Type.Label ? member.Key : $"{path}.{member.Key}";
            var target = field.Type.FindField(member.Key) ?? FieldPath.Resolve(field.Type, member.Key);
            Add(patch, target.MovedBy(field.Offset), member.Value, memberPath);
        }
    }
}
