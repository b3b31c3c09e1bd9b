using System;
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
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        var word = wordToComplete ?? "";
        if (Instead(commandName, parameterName, commandAst) is { } other)
        {
            return other.CompleteArgument(commandName, "", word, commandAst, fakeBoundParameters);
        }

        var typed = ArgumentText.Typed(word);
        var results = new List<CompletionResult>();
        if (!ShmPlatform.IsSupported)
        {
            return results;
        }

        try
        {
            foreach (var (text, tooltip) in Candidates(fakeBoundParameters))
            {
                if (IsMeant(text, typed))
                {
                    results.Add(new CompletionResult(
                        ArgumentText.Of(Argument(text), word),
                        PrintableText.Of(ListItem(text, tooltip)),
                        CompletionResultType.ParameterValue,
                        PrintableText.Of(tooltip.Length > 0 ? tooltip : text)));
                }
            }
        }
        catch (ShmException)
        {
            // A host without /proc or /dev/shm has nothing to complete, and a prompt isn't a place to say so.
        }

        return results;
    }

    /// <summary>What could be meant, with what is to be known of it.</summary>
    private protected abstract IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters);

    /// <summary>The argument that means it.</summary>
    private protected virtual string Argument(string text) => text;

    /// <summary>What a menu shows of it.</summary>
    private protected virtual string ListItem(string text, string tooltip) => text;

    /// <summary>Another completer that is meant here; null for this one.</summary>
    private protected virtual ShmCompleter? Instead(string commandName, string parameterName, CommandAst commandAst) =>
        null;

    /// <summary>
    /// Whether the candidate begins with this text, or matches it as a pattern: a half-typed one, such as '[', need not
    /// be valid.
    /// </summary>
    private protected virtual bool IsMeant(string text, string typed)
    {
        try
        {
            return text.StartsWith(typed, StringComparison.OrdinalIgnoreCase)
                || WildcardPattern.Get(
                    typed + "*", WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant).IsMatch(text);
        }
        catch (WildcardPatternException)
        {
            return false;
        }
    }
}
