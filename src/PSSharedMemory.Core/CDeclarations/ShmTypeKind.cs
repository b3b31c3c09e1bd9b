namespace PSSharedMemory;

/// <summary>What a <see cref="ShmType"/> is.</summary>
public enum ShmTypeKind : long
{
    /// <summary><c>void</c>, or a function: only ever behind a pointer.</summary>
    None,

    /// <summary><c>bool</c>: one byte.</summary>
    Boolean,

    /// <summary>A whole number of 1, 2, 4, 8 or 16 bytes.</summary>
    Number,

    /// <summary><c>float</c>, <c>double</c>, <c>long double</c>, <c>_Float16</c> or <c>_Float128</c>.</summary>
    FloatingPoint,

    /// <summary>
    /// A character: <c>char</c>, <c>char8_t</c>, <c>char16_t</c>, <c>char32_t</c> or <c>wchar_t</c>. Arrays of it are
    /// text.
    /// </summary>
    Character,

    /// <summary>An enumeration.</summary>
    Enumeration,

    /// <summary>A pointer, to data or to a function: an address of 8 bytes.</summary>
    Address,

    /// <summary>A struct.</summary>
    Struct,

    /// <summary>A union.</summary>
    Union,

    /// <summary>An array of <see cref="ShmType.Count"/> elements.</summary>
    Array,

    /// <summary>
    /// Bytes with a size and an alignment but unknown contents: <c>pthread_mutex_t</c>, <c>_Decimal64</c>.
    /// </summary>
    Opaque,
}
