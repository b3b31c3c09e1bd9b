using System;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSSharedMemory.ConsoleHost;

/// <summary>
/// Reads a script line by line and gives it out as soon as it can run, so that a program at the other end
/// of a pipe gets its answers, and so that a prompt takes the line after the command that asks.
/// </summary>
internal sealed class StatementReader(StandardInput input)
{
    private static readonly string[] Continuations = ["else", "elseif", "catch", "finally"];

    private string? _ahead;

    /// <summary>The next lines that make whole statements, or null at the end of the input.</summary>
    public string? Next()
    {
        var text = NextLine();
        while (text is not null && IsIncomplete(text, out var mayGoOn))
        {
            var line = NextLine();
            if (line is null)
            {
                break; // the engine says what is missing
            }

            if (mayGoOn && !GoesOn(line))
            {
                _ahead = line;
                break;
            }

            text += "\n" + line;
        }

        return text;
    }

    /// <summary>Whether the parser wants more before it can say what this means.</summary>
    public static bool IsIncomplete(string text)
    {
        Parser.ParseInput(text, out _, out var errors);
        return errors.Any(e => e.IncompleteInput);
    }

    private string? NextLine()
    {
        if (_ahead is string kept)
        {
            _ahead = null;
            return kept;
        }

        while (true)
        {
            try
            {
                return input.ReadLine();
            }
            catch (PipelineStoppedException)
            {
                input.Resume(); // Ctrl+C between two statements: there is nothing to stop
            }
        }
    }

    // Whole as it stands, but `else` or `finally` may follow: the next line decides.
    private static bool IsIncomplete(string text, out bool mayGoOn)
    {
        var ast = Parser.ParseInput(text, out _, out var errors);
        mayGoOn = false;
        if (errors.Length > 0)
        {
            // `try { }` alone is an error, but not one of incomplete input.
            mayGoOn = errors.All(e => e.ErrorId == "MissingCatchOrFinally");
            return mayGoOn || errors.Any(e => e.IncompleteInput);
        }

        mayGoOn = ast.EndBlock?.Statements.LastOrDefault()
            is IfStatementAst { ElseClause: null } or TryStatementAst { Finally: null };
        return mayGoOn;
    }

    private static bool GoesOn(string line)
    {
        var word = line.TrimStart();
        if (word.StartsWith('#'))
        {
            return true; // a comment decides nothing; an empty line ends the statement, as in pwsh
        }

        return Continuations.Any(k => word.StartsWith(k, StringComparison.OrdinalIgnoreCase)
            && (word.Length == k.Length || !char.IsLetterOrDigit(word[k.Length])));
    }
}
