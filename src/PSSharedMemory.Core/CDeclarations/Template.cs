using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>A template of C++: its tokens, which are read again for each set of arguments.</summary>
/// <param name="Name">The name.</param>
/// <param name="Parameters">What stands in its angle brackets.</param>
/// <param name="Body">The struct, or the type of an alias, with an End token behind it.</param>
/// <param name="Scope">The namespace or class that declares it.</param>
/// <param name="PackLimit">Bytes: what <c>#pragma pack</c> says there; 0 for none.</param>
internal sealed record Template(
    string Name, IReadOnlyList<TemplateParameter> Parameters, IReadOnlyList<Token> Body, ScopePath.Level Scope,
    int PackLimit)
{
    /// <summary>Why it cannot be laid out, or null.</summary>
    public string? Obstacle { get; init; }

    /// <summary>
    /// Of a specialization: what stands in the angle brackets behind its name, with an End token behind it.
    /// </summary>
    public IReadOnlyList<Token>? Pattern { get; init; }

    /// <summary>Its specializations, in the order of the text.</summary>
    public List<Template> Specializations { get; init; } = [];
}

/// <summary>A parameter of a template: a type or a number.</summary>
/// <param name="Name">The name; empty if it has none.</param>
/// <param name="IsType">Whether it stands for a type.</param>
/// <param name="Default">Its default argument, with an End token behind it; null for none.</param>
internal sealed record TemplateParameter(string Name, bool IsType, IReadOnlyList<Token>? Default);
