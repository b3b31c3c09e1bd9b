using System;
using System.Diagnostics.CodeAnalysis;

namespace PSSharedMemory;

/// <summary>This part: types of .NET as layouts, and fields by their paths.</summary>
public sealed partial class ShmType
{
    /// <summary>
    /// Takes the layout of a .NET type: the fields of a struct (or of a class with a StructLayout) at the offsets the
    /// runtime gives them; the public fields and properties of any other class, such as one of PowerShell's, in the
    /// order of their declaration, each aligned as in C.
    /// </summary>
    /// <remarks>
    /// <c>bool</c> is one byte and <c>char</c> two, as the runtime keeps them, unless a MarshalAs says otherwise.
    /// Arrays and strings need a length: MarshalAs ByValArray or ByValTStr with SizeConst,
    /// <see cref="ShmLengthAttribute"/>, or PowerShell's ValidateCount and ValidateLength, whose maximum it is.
    /// </remarks>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.InvalidDefinition"/>: the type has no fixed layout, or a field that cannot be in shared
    /// memory.
    /// </exception>
    [RequiresUnreferencedCode("The fields of the type are found by reflection.")]
    public static ShmType FromType(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return ClrTypeLayout.Of(type);
    }

    /// <summary>
    /// Finds a field by its path, such as <c>header.items[3].name</c>. Names are matched exactly or, failing that,
    /// ignoring case.
    /// </summary>
    /// <returns>The field, with its offset from the start of this type and the path as its name.</returns>
    /// <exception cref="ShmException">
    /// <see cref="ShmErrorId.OutOfRange"/>: no such field, or an index beyond the array.
    /// <see cref="ShmErrorId.InvalidDefinition"/>: the path is malformed.
    /// </exception>
    public ShmField GetField(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return FieldPath.Resolve(this, path);
    }
}
