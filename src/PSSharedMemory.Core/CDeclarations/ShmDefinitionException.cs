using System;
using System.Globalization;

namespace PSSharedMemory;

/// <summary>
/// A declaration or field path that cannot be understood: <see cref="ShmErrorId.InvalidDefinition"/> with the place in
/// the text.
/// </summary>
public sealed class ShmDefinitionException : ShmException
{
    /// <summary>Makes an exception for one place of a text.</summary>
    /// <param name="line">The line, from 1.</param>
    /// <param name="column">The column in UTF-16 units, from 1.</param>
    /// <param name="problem">What is wrong, and what was expected.</param>
    /// <param name="target">The offending name or text.</param>
    public ShmDefinitionException(int line, int column, string problem, object? target = null)
        : this(line, column, problem, target, null, null)
    {
    }

    private ShmDefinitionException(
        int line, int column, string problem, object? target, string? member, string? record)
        : base(ShmErrorId.InvalidDefinition, Text(line, column, problem, member, record), target)
    {
        Line = line;
        Column = column;
        Problem = problem;
        Member = member;
        Record = record;
    }

    /// <summary>
    /// The field that it is about, with those around it in structs without a name: <c>outer.inner</c>.
    /// </summary>
    internal string? Member { get; }

    /// <summary>The struct or union of that field; null where it has no name, or there is no field.</summary>
    internal string? Record { get; }

    /// <summary>What is wrong, without the place.</summary>
    internal string Problem { get; }

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    /// <summary>The column in UTF-16 units, from 1.</summary>
    public int Column { get; }

    /// <summary>The same, said of a field of a struct.</summary>
    /// <param name="member">The field's name, or null if it has none.</param>
    /// <param name="record">The struct's name, or null if it has none.</param>
    internal ShmDefinitionException In(string? member, string? record)
    {
        var path = member is null ? Member : Member is null ? member : $"{member}.{Member}";
        return new ShmDefinitionException(Line, Column, Problem, Target, path, record);
    }

    private static string Text(int line, int column, string problem, string? member, string? record)
    {
        var of = record is null ? "" : $" of '{record}'";
        // What names the field already doesn't name it twice.
        var field = member is null || problem.Contains($"'{member}'", StringComparison.Ordinal)
            ? "" : $"field '{member}'{of}: ";
        return string.Create(CultureInfo.InvariantCulture, $"Line {line}, column {column}: {field}{problem}");
    }
}
