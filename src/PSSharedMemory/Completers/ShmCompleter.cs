using System;
using System.Buffers;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSSharedMemory.Commands;

/// <summary>
/// Completes an argument from what is there now: case-insensitive, with the quotes that the user typed, a tooltip
/// each, and never an exception.
/// </summary>
public abstract class ShmCompleter : IArgumentCompleter
{
    private static readonly SearchValues<char> NeedsQuotes = SearchValues.Create(" \t\n'\"`$(){};,|&<>@#*?[]");

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = wordToComplete ?? "";
        var quote = word.Length > 0 && word[0] is '\'' or '"' ? word[..1] : "";
        var typed = Typed(word, quote);
        var results = new List<CompletionResult>();
        try
        {
            foreach (var (text, tooltip) in Candidates(fakeBoundParameters))
            {
                if (IsMeant(text, typed))
                {
                    results.Add(new CompletionResult(Quote(Argument(text), quote), text, CompletionResultType.ParameterValue, tooltip));
                }
            }
        }
        catch (ShmException)
        {
            // A host without /proc or /dev/shm has nothing to complete, and a prompt is no place to say so.
        }

        return results;
    }

    /// <summary>What could be meant, with what is to be known of it.</summary>
    private protected abstract IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters);

    /// <summary>The argument that means it.</summary>
    private protected virtual string Argument(string text) => text;

    /// <summary>What stands between the quotes; the second may not have been typed yet.</summary>
    private static string Typed(string word, string quote)
    {
        var text = word.Trim('\'', '"');
        return quote == "'" ? text.Replace("''", "'", StringComparison.Ordinal) : text;
    }

    /// <summary>Whether the candidate begins so, or like the pattern: half of one, as '[', need not be any.</summary>
    private static bool IsMeant(string text, string typed)
    {
        try
        {
            return text.StartsWith(typed, StringComparison.OrdinalIgnoreCase)
                || WildcardPattern.Get(typed + "*", WildcardOptions.IgnoreCase).IsMatch(text);
        }
        catch (WildcardPatternException)
        {
            return false;
        }
    }

    private static string Quote(string text, string quote)
    {
        if (quote.Length == 0 && text.AsSpan().IndexOfAny(NeedsQuotes) < 0)
        {
            return text;
        }

        return quote == "\""
            ? $"\"{text.Replace("`", "``", StringComparison.Ordinal).Replace("\"", "`\"", StringComparison.Ordinal).Replace("$", "`$", StringComparison.Ordinal)}\""
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";
    }
}
