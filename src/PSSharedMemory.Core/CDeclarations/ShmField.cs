using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>A field of a <see cref="ShmType"/>, or the target of a field path.</summary>
public sealed class ShmField
{
    internal ShmField(string name, string typeName, ShmType type, long offset)
    {
        Name = name;
        TypeName = typeName;
        Type = type;
        Offset = offset;
        Size = type.Size;
    }

    /// <summary>The name. As in C, fields of an anonymous struct or union belong to the enclosing struct.</summary>
    public string Name { get; }

    /// <summary>
    /// The type as the declaration spells it, with its dimensions: <c>uint32_t</c>, <c>struct node *</c>,
    /// <c>char[16]</c>.
    /// </summary>
    public string TypeName { get; }

    /// <summary>
    /// The type: its own <see cref="ShmType.Fields"/> where it is a struct, its element where it is an array.
    /// </summary>
    public ShmType Type { get; }

    /// <summary>
    /// Bytes from the start of the type. For a bit-field: of its storage unit or, if packing lets it cross units, of
    /// the byte with its first bit.
    /// </summary>
    public long Offset { get; internal init; }

    /// <summary>
    /// Bytes: for an array, of all elements (0 if flexible); for a bit-field, of the unit at <see cref="Offset"/>.
    /// </summary>
    public long Size { get; internal init; }

    /// <summary>Elements over all dimensions of an array; 1 for anything else, 0 for a flexible array.</summary>
    public long Count => Type.Kind == ShmTypeKind.Array ? Type.TotalCount : 1;

    /// <summary>Of a bit-field: bits from <see cref="Offset"/>, the least significant first. Else null.</summary>
    public int? BitOffset { get; internal init; }

    /// <summary>Of a bit-field: its width in bits. Else null.</summary>
    public int? BitWidth { get; internal init; }

    /// <summary>The fields of the struct or union that this field is, or is an array of; else empty.</summary>
    public IReadOnlyList<ShmField> Fields => Type.InnermostElement.Fields;

    /// <summary>The first byte that holds a bit of the field.</summary>
    internal long FirstByte => Offset + (BitOffset ?? 0) / 8;

    /// <summary>The bytes that have to be read and written for the field.</summary>
    internal long ByteLength => BitWidth is int width ? ((BitOffset!.Value & 7) + width + 7) / 8 : Type.Size;

    /// <summary>The same field at another place.</summary>
    /// <param name="offset">Bytes further from the start.</param>
    public ShmField MovedBy(long offset) => offset == 0
        ? this
        : new ShmField(Name, TypeName, Type, Offset + offset)
        {
            Size = Size,
            BitOffset = BitOffset,
            BitWidth = BitWidth
        };

    internal ShmField Named(string name) =>
        new(name, TypeName, Type, Offset) { Size = Size, BitOffset = BitOffset, BitWidth = BitWidth };

    /// <summary>The type and the name.</summary>
    public override string ToString() => BitWidth is int width ? $"{TypeName} {Name} : {width}" : $"{TypeName} {Name}";
}
