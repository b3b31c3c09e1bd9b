using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>A macro: what stands for its name, and the names of its parameters where it takes arguments.</summary>
internal sealed record Macro(IReadOnlyList<string>? Parameters, IReadOnlyList<Token> Body)
{
    /// <summary>Whether the last parameter is <c>...</c>, used as <c>__VA_ARGS__</c>.</summary>
    public bool IsVariadic { get; init; }
}
