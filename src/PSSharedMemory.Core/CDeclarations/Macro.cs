using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>A macro: its replacement and, if it takes arguments, the names of its parameters.</summary>
internal sealed record Macro(IReadOnlyList<string>? Parameters, IReadOnlyList<Token> Body)
{
    private readonly Dictionary<string, int>? _indexes = Indexes(Parameters);

    /// <summary>Whether the last parameter is <c>...</c>, used as <c>__VA_ARGS__</c>.</summary>
    public bool IsVariadic { get; init; }

    /// <summary>The index of the parameter that a body token names; -1 for none.</summary>
    public int IndexOf(Token part) =>
        part.IsName && _indexes is not null && _indexes.TryGetValue(part.Text, out var index) ? index : -1;

    private static Dictionary<string, int>? Indexes(IReadOnlyList<string>? parameters)
    {
        if (parameters is null)
        {
            return null;
        }

        var indexes = new Dictionary<string, int>(parameters.Count, System.StringComparer.Ordinal);
        for (var i = 0; i < parameters.Count; i++)
        {
            indexes.TryAdd(parameters[i], i);
        }

        return indexes;
    }
}
