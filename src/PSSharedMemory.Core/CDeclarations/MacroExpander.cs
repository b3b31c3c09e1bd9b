using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// Replaces macros in a list of tokens. Tokens from a macro take the position of its use, so that errors point into the
/// original text.
/// </summary>
internal sealed partial class MacroExpander
{
    /// <summary>
    /// Steps allowed to macros beyond those of the text: headers need fewer, only exploding macros need more.
    /// </summary>
    private const int SpareSteps = 100_000;

    private const int StepsPerToken = 8;

    private const int MaximumDepth = 200;

    private readonly Dictionary<string, Macro> _macros;
    private readonly HashSet<string> _active = [];
    private readonly int _limit;
    private readonly CancellationToken _cancellation;
    private int _steps;
    private int _depth;

    /// <summary>Whether the steps are used up: nothing more can be expanded.</summary>
    public bool IsExhausted => _steps > _limit;

    /// <param name="macros">Those that are known.</param>
    /// <param name="sourceLength">Tokens of the text: the allowed steps, and so the time, grow only with them.</param>
    /// <param name="cancellation">Ends it early.</param>
    public MacroExpander(Dictionary<string, Macro> macros, int sourceLength, CancellationToken cancellation)
    {
        _macros = macros;
        _limit = (int)Math.Min(int.MaxValue / 2, SpareSteps + ((long)sourceLength * StepsPerToken));
        _cancellation = cancellation;
    }

    /// <summary>Takes one token, or a macro with its arguments. Returns the index after it.</summary>
    public int Take(IReadOnlyList<Token> tokens, int index, List<Token> output)
    {
        var token = tokens[index];
        if (!token.IsName || _active.Contains(token.Text) || !_macros.TryGetValue(token.Text, out var macro))
        {
            Add(token, output);
            return index + 1;
        }

        index++;
        if (macro.Parameters is not null && (index >= tokens.Count || !tokens[index].Is("(")))
        {
            Add(token, output);
            return index;
        }

        // Arguments are expanded before their macro, so macros nest in arguments as well as in bodies.
        if (_depth >= MaximumDepth)
        {
            throw token.Error($"macros within macros, deeper than {MaximumDepth} levels.");
        }

        _depth++;
        try
        {
            return Expand(token, macro, tokens, index, output);
        }
        finally
        {
            _depth--;
        }
    }

    public void All(IReadOnlyList<Token> tokens, List<Token> output)
    {
        for (var index = 0; index < tokens.Count;)
        {
            index = Take(tokens, index, output);
        }
    }

    private int Expand(Token token, Macro macro, IReadOnlyList<Token> tokens, int index, List<Token> output)
    {
        var body = macro.Body;
        if (macro.Parameters is not null)
        {
            body = Substitute(token, macro, Arguments(token, macro, tokens, ref index));
        }

        Spend(token, body.Count);
        var placed = new List<Token>(body.Count);
        foreach (var part in body)
        {
            placed.Add(part with { Line = token.Line, Column = token.Column, StartsLine = false });
        }

        _active.Add(token.Text);
        try
        {
            All(placed, output);
        }
        finally
        {
            _active.Remove(token.Text);
        }

        return index;
    }

    private void Add(Token token, List<Token> output)
    {
        Spend(token, 1);
        output.Add(token);
    }

    /// <summary>Counts the cost of macros: every token copied, and every character of a string made.</summary>
    private void Spend(Token token, int steps)
    {
        if ((_steps ^ (_steps + steps)) >> 12 != 0)
        {
            _cancellation.ThrowIfCancellationRequested();
        }

        _steps += steps;
        if (_steps > _limit)
        {
            throw token.Error("the macros expand to too much for a text of this length.");
        }
    }

    private List<List<Token>> Arguments(Token name, Macro macro, IReadOnlyList<Token> tokens, ref int index)
    {
        var arguments = new List<List<Token>> { new() };
        var depth = 0;
        for (; index < tokens.Count && tokens[index].Kind != TokenKind.End; index++)
        {
            var token = tokens[index];
            Spend(name, 1);
            if (token.Is("(") && depth++ == 0)
            {
                continue;
            }

            if (token.Is(")") && --depth == 0)
            {
                index++;
                return Check(name, macro, arguments);
            }

            var variable = macro.IsVariadic && arguments.Count >= macro.Parameters!.Count;
            if (token.Is(",") && depth == 1 && !variable)
            {
                arguments.Add([]);
            }
            else
            {
                arguments[^1].Add(token);
            }
        }

        throw name.Error($"expected ')' after the arguments of the macro '{name.Text}'.");
    }

    private static List<List<Token>> Check(Token name, Macro macro, List<List<Token>> arguments)
    {
        var expected = macro.Parameters!.Count;
        if (expected == 0 && arguments.Count == 1 && arguments[0].Count == 0)
        {
            arguments.Clear();
        }

        if (macro.IsVariadic && arguments.Count == expected - 1)
        {
            arguments.Add([]);
        }

        if (arguments.Count != expected)
        {
            throw name.Error($"expected {expected} arguments for the macro '{name.Text}', found {arguments.Count}.");
        }

        return arguments;
    }

    private List<Token> Substitute(Token name, Macro macro, List<List<Token>> arguments)
    {
        var expanded = new List<Token>?[arguments.Count];
        var result = new List<Token>();
        for (var i = 0; i < macro.Body.Count; i++)
        {
            var part = macro.Body[i];
            var parameter = macro.IndexOf(part);
            if (part.Is("#"))
            {
                var quoted = ++i < macro.Body.Count ? macro.IndexOf(macro.Body[i]) : -1;
                if (quoted < 0)
                {
                    throw name.Error($"in the macro '{name.Text}' a '#' is followed by no parameter.");
                }

                result.Add(name with { Kind = TokenKind.Text, Text = Spelling(name, arguments[quoted]) });
                continue;
            }

            if (i + 1 < macro.Body.Count && macro.Body[i + 1].Is("##"))
            {
                i = Paste(name, macro, arguments, i, result);
                continue;
            }

            if (parameter < 0)
            {
                result.Add(part);
                continue;
            }

            if (expanded[parameter] is not { } argument)
            {
                argument = [];
                All(arguments[parameter], argument);
                expanded[parameter] = argument;
            }

            Spend(name, argument.Count);
            result.AddRange(argument);
        }

        return result;
    }
}
