using System;
using System.Collections.Generic;

namespace PSSharedMemory;

/// <summary>
/// The layout of a struct, or of any other C type, in memory: from C declarations as headers have them, or from a
/// .NET type. Sizes and offsets are those of gcc and clang on Linux, on x86-64 and arm64 (System V ABI, LP64).
/// </summary>
public sealed partial class ShmType
{
    /// <summary>No type is larger: 2^40 bytes.</summary>
    internal const long MaximumSize = 1L << 40;

    /// <summary>The deepest nesting of structs and arrays.</summary>
    internal const int MaximumDepth = 200;

    private IReadOnlyList<ShmField> _fields = [];
    private Dictionary<string, int>? _indexByName;

    internal ShmType(ShmTypeKind kind, string name, long size, int alignment)
    {
        Kind = kind;
        Name = name;
        Size = size;
        Alignment = alignment;
        IsComplete = kind is not (ShmTypeKind.None or ShmTypeKind.Struct or ShmTypeKind.Union
            or ShmTypeKind.Enumeration);
    }

    /// <summary>The tag of the struct, the typedef's name if it has no tag, or the spelling of a plain type.</summary>
    public string Name { get; internal set; }

    /// <summary>What it is.</summary>
    public ShmTypeKind Kind { get; }

    /// <summary>Bytes, as <c>sizeof</c> gives them.</summary>
    public long Size { get; private set; }

    /// <summary>Bytes, as <c>_Alignof</c> gives them.</summary>
    public int Alignment { get; private set; }

    /// <summary>The fields of a struct or union in declaration order; otherwise empty.</summary>
    public IReadOnlyList<ShmField> Fields => _fields;

    /// <summary>The type of an array's elements, or the number type of an enumeration; else null.</summary>
    public ShmType? ElementType { get; private set; }

    /// <summary>Elements of an array (of its first dimension; 0 for a flexible one); 1 for anything else.</summary>
    public long Count { get; private init; } = 1;

    /// <summary>Whether a number, a character or an enumeration is signed.</summary>
    public bool IsSigned { get; internal init; }

    /// <summary>
    /// Whether it's <c>_Atomic</c>. Plain reads and writes of an aligned one of up to 8 bytes are atomic.
    /// </summary>
    public bool IsAtomic { get; private set; }

    /// <summary>
    /// Whether the most significant byte comes first, as in __be32, or last, as in __le32; null for the host's order.
    /// </summary>
    internal bool? IsBigEndian { get; private set; }

    /// <summary>Whether it's x87's real number of 80 bits; its other bytes are padding.</summary>
    internal bool IsExtended { get; init; }

    /// <summary>For a C++ class: bytes without the trailing padding that a derived class may use.</summary>
    internal long DataSize { get; set; }

    /// <summary>Whether it's a C++ class without data, which takes no room as a base.</summary>
    internal bool IsEmptyClass { get; set; }

    /// <summary>Whether a derived C++ class may use its trailing padding: it isn't a plain C struct.</summary>
    internal bool LendsPadding { get; set; }

    /// <summary>Whether compilers disagree about that: one of its special functions is '= default', say.</summary>
    internal bool IsPaddingDisputed { get; set; }

    /// <summary>The classes without data that it derives from, at any depth.</summary>
    internal IReadOnlyList<ShmType> EmptyBases { get; set; } = [];

    internal bool IsComplete { get; private set; }

    internal bool IsFlexible { get; private init; }

    /// <summary>The names and values of an enumeration in the order of their declaration.</summary>
    internal IReadOnlyList<KeyValuePair<string, Int128>> Enumerators { get; private set; } = [];

    /// <summary>The .NET type that this layout was taken from, or null.</summary>
    internal Type? ClrType { get; set; }

    /// <summary>The depth of nesting, bounded so that nothing that walks a type runs out of stack.</summary>
    internal int Depth { get; private set; } = 1;

    /// <summary>How many objects a value takes: bounds the cost of decoding.</summary>
    internal long ObjectCount { get; private set; } = 1;

    /// <summary>The name, or else what it is, for messages.</summary>
    internal string Label => Name.Length > 0
        ? Name
        : $"unnamed {(Kind == ShmTypeKind.Enumeration ? "enum" : Kind == ShmTypeKind.Union ? "union" : "struct")}";

    internal bool IsRecord => Kind is ShmTypeKind.Struct or ShmTypeKind.Union;

    internal long TotalCount
    {
        get
        {
            long total = 1;
            for (var type = this; type is { Kind: ShmTypeKind.Array }; type = type.ElementType)
            {
                total *= type.Count;
            }

            return total;
        }
    }

    internal ShmType InnermostElement
    {
        get
        {
            var type = this;
            while (type.Kind == ShmTypeKind.Array)
            {
                type = type.ElementType!;
            }

            return type;
        }
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>Finds a direct field: exactly, or else ignoring case if only one matches.</summary>
    internal ShmField? FindField(string name) => IndexOf(name) is >= 0 and int index ? _fields[index] : null;

    /// <summary>The index of what <see cref="FindField"/> finds; -1 for none.</summary>
    internal int IndexOf(string name)
    {
        if (_indexByName is null)
        {
            var index = new Dictionary<string, int>(_fields.Count, StringComparer.Ordinal);
            for (var i = 0; i < _fields.Count; i++)
            {
                index.TryAdd(_fields[i].Name, i);
            }

            _indexByName = index;
        }

        if (_indexByName.TryGetValue(name, out var found))
        {
            return found;
        }

        var other = -1;
        for (var i = 0; i < _fields.Count; i++)
        {
            if (!_fields[i].Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            if (other >= 0)
            {
                return -1;
            }

            other = i;
        }

        return other;
    }

    internal void CompleteRecord(IReadOnlyList<ShmField> fields, long size, int alignment)
    {
        _fields = fields;
        Size = size;
        DataSize = size;
        Alignment = alignment;
        foreach (var field in fields)
        {
            Depth = Math.Max(Depth, field.Type.Depth + 1);
            ObjectCount = SaturatingAdd(ObjectCount, field.Type.ObjectCount);
        }

        IsComplete = true;
    }

    /// <summary>Takes the layout back: what follows the struct changes it in a way that isn't known.</summary>
    internal void Withdraw()
    {
        _fields = [];
        IsComplete = false;
    }

    internal void CompleteEnumeration(ShmType number, IReadOnlyList<KeyValuePair<string, Int128>> enumerators)
    {
        ElementType = number;
        Size = number.Size;
        Alignment = number.Alignment;
        Enumerators = new List<KeyValuePair<string, Int128>>(enumerators);
        IsComplete = true;
    }

    /// <summary>Makes an array type; the caller has checked that its size is in bounds.</summary>
    internal static ShmType ArrayOf(ShmType element, long count, bool flexible = false)
    {
        var dimension = flexible ? "[]" : $"[{count}]";
        var bracket = element.Kind == ShmTypeKind.Array
            ? element.Name.IndexOf('[', StringComparison.Ordinal)
            : element.Name.Length;
        var leaf = element.Kind is not (ShmTypeKind.Array or ShmTypeKind.Struct or ShmTypeKind.Union
            or ShmTypeKind.Opaque)
            || (element.Kind == ShmTypeKind.Array && element.ElementType!.Kind == ShmTypeKind.Character);
        return new ShmType(
            ShmTypeKind.Array, element.Name.Insert(bracket, dimension), element.Size * count, element.Alignment)
        {
            ElementType = element,
            Count = count,
            IsFlexible = flexible,
            Depth = element.Depth + 1,
            ObjectCount = leaf && element.Kind != ShmTypeKind.Array
                ? 1
                : SaturatingAdd(1, SaturatingMultiply(count, element.ObjectCount)),
        };
    }

    /// <summary>The .NET type that this layout was taken from, or null.</summary>
    public Type? GetClrType() => ClrType;

    /// <summary>The type of an array's elements, through all dimensions; of anything else itself.</summary>
    public ShmType GetInnermostElement() => InnermostElement;

    /// <summary>Whether it is an array whose length only the program knows: <c>int items[]</c>.</summary>
    public bool IsFlexibleArray() => IsFlexible;

    /// <summary>Whether it has a byte order of its own, as __be32 and __le32 have.</summary>
    public bool HasOwnByteOrder() => IsBigEndian is not null;

    /// <summary>An array of this type.</summary>
    /// <param name="count">Elements; 0 or more.</param>
    /// <exception cref="ShmException">OutOfRange: it would be larger than 1 TiB.</exception>
    public ShmType MakeArray(long count) => count >= 0 && (Size == 0 || count <= MaximumSize / Size)
        ? ArrayOf(this, count)
        : throw new ShmException(ShmErrorId.OutOfRange, $"No array has {count} elements of '{Label}'.", count);

    /// <summary>The same type under another name.</summary>
    public ShmType WithName(string name) => Variant(name: name);

    /// <summary>
    /// A variant of the type: with another name, its own alignment, atomic, or with its own byte order.
    /// </summary>
    internal ShmType Variant(string? name = null, int? alignment = null, bool? atomic = null, bool? bigEndian = null)
    {
        var copy = (ShmType)MemberwiseClone();
        copy.Name = name ?? Name;
        copy.Alignment = alignment ?? Alignment;
        copy.IsAtomic = atomic ?? IsAtomic;
        copy.IsBigEndian = bigEndian ?? IsBigEndian;
        return copy;
    }

    private static long SaturatingAdd(long a, long b) => a > MaximumSize - b ? MaximumSize : a + b;

    private static long SaturatingMultiply(long a, long b) => a != 0 && b > MaximumSize / a ? MaximumSize : a * b;
}
