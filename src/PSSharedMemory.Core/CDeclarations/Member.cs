namespace PSSharedMemory.CDeclarations;

/// <summary>The attributes and alignment specifiers of a type or a declaration.</summary>
internal sealed class Attributes
{
    public bool IsPacked { get; set; }

    /// <summary>Bytes; 0 if unspecified, the strictest of several.</summary>
    public int Alignment { get; set; }

    /// <summary>
    /// Bytes: what <c>__declspec(align)</c> says. Unlike gcc's attribute, it aligns the struct that it stands before.
    /// </summary>
    public int RecordAlignment { get; set; }

    /// <summary>Bytes of a vector of the type; 0 if it is none.</summary>
    public int VectorSize { get; set; }

    /// <summary>The machine mode that replaces a number's size, such as DI; else null.</summary>
    public Token? Mode { get; set; }

    public void Add(Attributes other)
    {
        Mode ??= other.Mode;
        VectorSize = System.Math.Max(VectorSize, other.VectorSize);
        IsPacked |= other.IsPacked;
        Alignment = System.Math.Max(Alignment, other.Alignment);
    }
}

/// <summary>One declared member of a struct or union, before it's placed.</summary>
/// <param name="Name">Null for an unnamed bit-field and for an anonymous struct or union.</param>
/// <param name="Type">The type.</param>
/// <param name="Width">Bits of a bit-field; else null.</param>
/// <param name="Attributes">Its own attributes.</param>
/// <param name="Place">Where an error about it points.</param>
internal sealed record Member(string? Name, TypeName Type, int? Width, Attributes Attributes, Token Place);
