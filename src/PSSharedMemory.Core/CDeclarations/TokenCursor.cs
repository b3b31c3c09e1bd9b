using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// A position in a list of tokens that ends with an End token. Never on a pragma: those take effect when the cursor
/// passes them.
/// </summary>
internal sealed partial class TokenCursor
{
    /// <summary>
    /// The deepest nesting of parentheses, braces and operators, so that no text can exhaust the stack.
    /// </summary>
    private const int MaximumDepth = 200;

    private readonly IReadOnlyList<Token> _tokens;
    private readonly PackState? _pack;
    private int _index = -1;

    // Where no type stands: what is within others is tried as one only once.
    private HashSet<int>? _noTypes;

    // The rest of a '>>' whose first half closed a C++ template.
    private Token? _half;
    private int _depth;

    private readonly CancellationToken _cancellation;

    public TokenCursor(IReadOnlyList<Token> tokens, PackState? pack = null, CancellationToken cancellation = default)
    {
        _tokens = tokens;
        _pack = pack;
        _cancellation = cancellation;
        Advance();
    }

    public Token Current => _half ?? _tokens[_index];

    public int Position => _index;

    /// <summary>The nesting depth; reset when a failed declaration is abandoned.</summary>
    public int Depth
    {
        get => _depth;
        set => _depth = value;
    }

    public bool AtEnd => Current.Kind == TokenKind.End;

    public Token Next => Ahead(1);

    /// <summary>The token this many after the current one; the last if there are fewer.</summary>
    public Token Ahead(int count)
    {
        var index = _index;
        for (; count > 0; count--)
        {
            index = Math.Min(index + 1, _tokens.Count - 1);
            while (_tokens[index].Kind == TokenKind.Pack)
            {
                index++;
            }
        }

        return _tokens[index];
    }

    public bool Is(string text) => Current.Is(text);

    public Token Advance()
    {
        var passed = _half ?? _tokens[Math.Max(_index, 0)];
        _half = null;
        if (_index < _tokens.Count - 1)
        {
            _index++;
        }

        if ((_index & 4095) == 0)
        {
            _cancellation.ThrowIfCancellationRequested();
        }

        while (Current.Kind == TokenKind.Pack)
        {
            _pack?.Apply(Current);
            _index++;
        }

        return passed;
    }

    /// <summary>Takes the '>' that ends a template's arguments, even half of a '>>'.</summary>
    public void ExpectClosingAngle(string context)
    {
        if (Current.Is(">>"))
        {
            _half = Current with { Text = ">", Column = Current.Column + 1 };
        }
        else
        {
            Expect(">", context);
        }
    }

    public bool Accept(string text)
    {
        if (!Current.Is(text))
        {
            return false;
        }

        Advance();
        return true;
    }

    /// <summary>Takes a required token; the context completes "expected ';' ...".</summary>
    public Token Expect(string text, string context)
    {
        if (!Current.Is(text))
        {
            throw Current.Error($"expected '{text}' {context}, found {Current.Quoted}.");
        }

        return Advance();
    }

    public Token ExpectName(string what)
    {
        if (!Current.IsName)
        {
            throw Current.Error($"expected {what}, found {Current.Quoted}.");
        }

        return Advance();
    }

    /// <summary>Goes back to an earlier position, never across a pragma.</summary>
    public void Return(int position)
    {
        _index = position;
        _half = null;
    }

    /// <summary>Whether a type may stand here, as far as that was tried.</summary>
    public bool MayBeType => _noTypes?.Contains(_index) != true;

    /// <summary>Goes back to a position where no type stands.</summary>
    public void ReturnFromNoType(int position)
    {
        Return(position);
        (_noTypes ??= []).Add(position);
    }

    /// <summary>The tokens from one position up to another, with an End token behind them.</summary>
    public IReadOnlyList<Token> Slice(int start, int end)
    {
        var tokens = new List<Token>(end - start + 1);
        for (var i = start; i < end; i++)
        {
            tokens.Add(_tokens[i]);
        }

        tokens.Add(_tokens[end] with { Kind = TokenKind.End, Text = "", Pack = null });
        return tokens;
    }

    /// <summary>Unclosed braces since a position, and whether there was a parenthesis outside them.</summary>
    public (int Open, bool HasParenthesis) BracesSince(int start)
    {
        var open = 0;
        var parenthesis = false;
        for (var i = start; i < _index; i++)
        {
            parenthesis |= open == 0 && _tokens[i].Is("(") && !(i > 0 && IsAttribute(_tokens[i - 1]));
            open += _tokens[i].Is("{") ? 1 : _tokens[i].Is("}") ? -1 : 0;
        }

        return (Math.Max(open, 0), parenthesis);

        static bool IsAttribute(Token token) =>
            token.Text is "__attribute__" or "__attribute" or "alignas" or "_Alignas" or "(";
    }

    /// <summary>The name outside of braces that the last attribute before the current token follows, or null.</summary>
    public Token? NameBeforeAttribute(int start)
    {
        Token? found = null;
        var open = 0;
        for (var i = start + 1; i < _index; i++)
        {
            open += _tokens[i].Is("{") ? 1 : _tokens[i].Is("}") ? -1 : 0;
            if (open == 0 && _tokens[i].Text is "__attribute__" or "__attribute" && _tokens[i - 1].IsName)
            {
                found = _tokens[i - 1];
            }
        }

        return found;
    }

    /// <summary>Skips everything up to and including the bracket that closes the current one.</summary>
    public void SkipBalanced()
    {
        var open = Current;
        var depth = 0;
        do
        {
            if (AtEnd)
            {
                throw open.Error($"'{open.Text}' is never closed.");
            }

            if (Is("(") || Is("[") || Is("{"))
            {
                depth++;
            }
            else if (Is(")") || Is("]") || Is("}"))
            {
                depth--;
            }

            Advance();
        }
        while (depth > 0);
    }

    public void Enter()
    {
        // On a small stack, fewer levels are as many as go.
        if (++_depth > MaximumDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Current.Error($"nested deeper than {_depth - 1} levels.");
        }
    }

    public void Leave() => _depth--;
}
