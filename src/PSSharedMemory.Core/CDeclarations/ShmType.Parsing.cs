using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;

namespace PSSharedMemory;

/// <summary>This part: types from C declarations.</summary>
public sealed partial class ShmType
{
    /// <summary>Reads C declarations. If they define several structs or unions, the last one is the type.</summary>
    /// <param name="definition">The declarations, as a header has them.</param>
    /// <param name="name">The tag or typedef name of the type; null for the last struct or union.</param>
    /// <param name="architecture">
    /// X64 or Arm64; null for that of this process. It decides the sign of <c>char</c> and the sizes of pthread types.
    /// </param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="ShmDefinitionException">
    /// <see cref="ShmErrorId.InvalidDefinition"/>: with line and column, and what was expected.
    /// </exception>
    /// <exception cref="ShmException"><see cref="ShmErrorId.PlatformNotSupported"/>: another architecture.</exception>
    /// <remarks>
    /// Object-like and function-like macros and <c>#if</c> are followed; <c>#include</c>, <c>#pragma</c> other than
    /// <c>pack</c>, <c>#line</c>, <c>#warning</c>, storage classes, qualifiers, functions, variables and attributes
    /// that don't affect layout are skipped. The types of the C library's common headers are built in. With a name,
    /// only what that type needs has to be understood.
    /// </remarks>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static ShmType Parse(
        string definition, string? name = null, Architecture? architecture = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var abi = CDeclarations.Abi.For(architecture);
        if (name is null && CDeclarations.OtherNotation.IsTypeName(definition))
        {
            return CDeclarations.DeclarationParser.ParseName(definition, abi);
        }

        try
        {
            var instance = name is not null && name.Contains('<', StringComparison.Ordinal) ? name : null;
            return CDeclarations.DeclarationParser.Parse(definition, abi, name is not null, cancellationToken, instance)
                .Pick(name);
        }
        catch (ShmDefinitionException error) when (CDeclarations.OtherNotation.Of(definition) is { } hint)
        {
            throw new ShmDefinitionException(error.Line, error.Column, hint, error.Target);
        }
    }

    /// <summary>
    /// Reads a single type as a declaration names it, such as <c>uint32_t</c>, <c>char[16]</c> or <c>struct
    /// timespec</c>.
    /// </summary>
    public static ShmType ParseName(string name, Architecture? architecture = null) =>
        CDeclarations.DeclarationParser.ParseName(name, CDeclarations.Abi.For(architecture));

    /// <summary>
    /// All types that <see cref="Parse(string, string?, Architecture?, CancellationToken)"/> could pick from, laid out
    /// at once.
    /// </summary>
    public static IReadOnlyList<ShmType> TypesIn(string definition) =>
        CDeclarations.DeclarationParser.Parse(
            definition, CDeclarations.Abi.For(null), isLenient: true, CancellationToken.None).Types();
}
