using System.Globalization;

namespace PSSharedMemory;

/// <summary>
/// A declaration or field path that can't be understood: <see cref="ShmErrorId.InvalidDefinition"/> with the place in
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
        : base(
            ShmErrorId.InvalidDefinition,
            string.Create(CultureInfo.InvariantCulture, $"Line {line}, column {column}: {problem}"), target)
    {
        Line = line;
        Column = column;
        Problem = problem;
    }

    /// <summary>What is wrong, without the place.</summary>
    internal string Problem { get; }

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    /// <summary>The column in UTF-16 units, from 1.</summary>
    public int Column { get; }
}
