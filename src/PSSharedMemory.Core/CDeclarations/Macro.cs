using System;
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

    /// <summary>Reads what follows <c>#define</c>.</summary>
    public static (string Name, Macro Macro) Read(Token directive, List<Token> line)
    {
        var name = NameIn(directive, line);
        if (name.Text == "defined")
        {
            throw name.Error("'defined' cannot be a macro.");
        }

        var body = 1;
        List<string>? parameters = null;
        var variadic = false;
        if (line.Count > 1 && line[1].Is("(") && !line[1].FollowsSpace)
        {
            parameters = ReadParameters(line, out body, out variadic);
        }

        return (name.Text, new Macro(parameters, line.GetRange(body, line.Count - body)) { IsVariadic = variadic });
    }

    /// <summary>The name that a directive is about.</summary>
    public static Token NameIn(Token directive, List<Token> line) => line.Count > 0 && line[0].IsName
        ? line[0]
        : throw (line.Count == 0 ? directive : line[0]).Error($"expected a name after '#{directive.Text}'.");

    private static List<string> ReadParameters(List<Token> line, out int body, out bool variadic)
    {
        var parameters = new List<string>();
        variadic = false;
        var index = 2;
        while (index < line.Count && !line[index].Is(")"))
        {
            if (parameters.Count > 0 && !line[index++].Is(","))
            {
                break;
            }

            if (index >= line.Count || variadic)
            {
                break;
            }

            variadic = line[index].Is("...");
            if (!variadic && !line[index].IsName)
            {
                break;
            }

            parameters.Add(variadic ? "__VA_ARGS__" : line[index].Text);
            index++;

            // As in gcc: "args..." renames __VA_ARGS__.
            if (!variadic && index < line.Count && line[index].Is("..."))
            {
                variadic = true;
                index++;
            }
        }

        if (index >= line.Count || !line[index].Is(")"))
        {
            throw line[Math.Min(index, line.Count - 1)].Error(
                "expected names, commas and ')' in the parameters of a macro.");
        }

        body = index + 1;
        return parameters;
    }

    private static Dictionary<string, int>? Indexes(IReadOnlyList<string>? parameters)
    {
        if (parameters is null)
        {
            return null;
        }

        var indexes = new Dictionary<string, int>(parameters.Count, StringComparer.Ordinal);
        for (var i = 0; i < parameters.Count; i++)
        {
            indexes.TryAdd(parameters[i], i);
        }

        return indexes;
    }
}
