namespace PSSharedMemory.CDeclarations;

/// <summary>The attributes and alignment specifiers of a type or a declaration.</summary>
internal sealed class Attributes
{
    public bool IsPacked { get; set; }

    /// <summary>Bytes; 0 if unspecified, the strictest of several.</summary>
    public int Alignment { get; set; }

    public void Add(Attributes other)
    {
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
