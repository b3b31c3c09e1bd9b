using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// Cuts a text into the tokens of C. Comments and line continuations are gone afterwards; every token knows the line
/// and column where it begins in the original text.
/// </summary>
internal sealed class Lexer
{
    private const int MaximumName = 1000;

    /// <summary>Longer texts are refused: no header is that long, and a limit keeps hostile ones cheap.</summary>
    private const int MaximumLength = 16 * 1024 * 1024;

    private static readonly string[] LongPunctuators =
    [
        "...", "<<=", ">>=", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
        "*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=", "##", "::",
    ];

    private readonly SourceText _source;
    private readonly StringBuilder _buffer = new();
    private readonly List<Token> _tokens = [];
    private bool _startsLine = true;
    private bool _followsSpace;

    private Lexer(string text) => _source = new SourceText(text);

    public static List<Token> Run(string text)
    {
        if (text.Length > MaximumLength)
        {
            throw new ShmDefinitionException(
                1, 1,
                $"the text is longer than {MaximumLength} characters; give only the declarations that are needed.");
        }

        var lexer = new Lexer(text);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (true)
        {
            SkipSpace();
            (var line, var column) = (_source.Line, _source.Column);
            var c = _source.Current;
            _buffer.Clear();
            if (c == SourceText.End && _source.AtEnd)
            {
                Add(TokenKind.End, "", line, column);
                return;
            }

            if (IsWordStart(c))
            {
                ReadWord(line, column);
            }
            else if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(_source.Ahead(1))))
            {
                ReadNumber(line, column);
            }
            else if (c is '\'' or '"')
            {
                ReadQuoted(c, line, column);
            }
            else
            {
                ReadPunctuator(c, line, column);
            }
        }
    }

    private void Add(TokenKind kind, string text, int line, int column)
    {
        _tokens.Add(new Token(kind, text, line, column) { StartsLine = _startsLine, FollowsSpace = _followsSpace });
        _startsLine = false;
        _followsSpace = false;
    }

    private void ReadWord(int line, int column)
    {
        while (IsWordPart(_source.Current))
        {
            Take();
        }

        var word = _buffer.ToString();
        if (word is "L" or "u" or "U" or "u8" && _source.Current is '\'' or '"')
        {
            _buffer.Clear();
            ReadQuoted(_source.Current, line, column);
            _tokens[^1] = _tokens[^1] with { IsWide = word is not "u8" };
            return;
        }

        // Repeated names are copied: without interning, a macro for a long name would cost quadratic time.
        var isName = word.Length <= MaximumName;
        Add(
            isName ? TokenKind.Identifier : TokenKind.Invalid,
            isName ? word : $"a name has at most {MaximumName} characters.", line, column);
    }

    private void ReadNumber(int line, int column)
    {
        // A preprocessing number: parsed, and possibly refused, where it's used.
        while (true)
        {
            var c = _source.Current;
            if (c is '+' or '-' && IsExponent())
            {
                Take();
            }
            else if (IsWordPart(c) || c == '.' || (c == '\'' && IsWordPart(_source.Ahead(1))))
            {
                Take();
            }
            else
            {
                break;
            }
        }

        Add(TokenKind.Number, _buffer.ToString(), line, column);
    }

    private bool IsExponent() =>
        _buffer.Length > 0 && (_buffer[^1] is 'p' or 'P'
            || (_buffer[^1] is 'e' or 'E' && !(_buffer.Length > 1 && _buffer[1] is 'x' or 'X')));

    private void ReadQuoted(char quote, int line, int column)
    {
        _source.Advance();
        while (_source.Current != quote)
        {
            if (_source.AtEnd || _source.Current == '\n')
            {
                Add(TokenKind.Invalid, quote == '"'
                    ? "this string has no closing quote."
                    : "this character has no closing quote.", line, column);
                return;
            }

            if (_source.Current == '\\')
            {
                Take();
            }

            if (!_source.AtEnd && _source.Current != '\n')
            {
                Take();
            }
        }

        _source.Advance();
        Add(quote == '"' ? TokenKind.Text : TokenKind.Character, _buffer.ToString(), line, column);
    }

    private void ReadPunctuator(char c, int line, int column)
    {
        if (!"{}[]()<>;:,.?~!%^&*-+=|/#".Contains(c, StringComparison.Ordinal))
        {
            _source.Advance();
            var shown = char.IsControl(c) || char.IsSurrogate(c) ? $"the character U+{(int)c:X4}" : $"'{c}'";
            var hint = PlainOf(c) is { } plain ? $" (U+{(int)c:X4}); expected '{plain}'" : "";
            Add(TokenKind.Invalid, $"{shown} has no meaning in a C declaration{hint}.", line, column);
            return;
        }

        foreach (var punctuator in LongPunctuators)
        {
            if (punctuator[0] != c || _source.Ahead(1) != punctuator[1]
                || (punctuator.Length == 3 && _source.Ahead(2) != punctuator[2]))
            {
                continue;
            }

            for (var i = 0; i < punctuator.Length; i++)
            {
                _source.Advance();
            }

            Add(TokenKind.Punctuator, punctuator, line, column);
            return;
        }

        _source.Advance();
        Add(TokenKind.Punctuator, c.ToString(), line, column);
    }

    private void SkipSpace()
    {
        while (!_source.AtEnd)
        {
            var c = _source.Current;
            if (c == '\n')
            {
                _startsLine = true;
                _source.Advance();
            }
            else if (char.IsWhiteSpace(c) || c is '\ufeff' or '\u200b' or '\u2060')
            {
                _source.Advance();
            }
            else if (c == '/' && _source.Ahead(1) == '/')
            {
                while (!_source.AtEnd && _source.Current != '\n')
                {
                    _source.Advance();
                }
            }
            else if (c == '/' && _source.Ahead(1) == '*')
            {
                SkipComment();
            }
            else
            {
                return;
            }

            _followsSpace = true;
        }
    }

    private void SkipComment()
    {
        (var line, var column) = (_source.Line, _source.Column);
        _source.Advance();
        _source.Advance();
        while (!(_source.Current == '*' && _source.Ahead(1) == '/'))
        {
            if (_source.AtEnd)
            {
                throw new ShmDefinitionException(line, column, "this comment has no end; expected '*/'.");
            }

            _source.Advance();
        }

        _source.Advance();
        _source.Advance();
    }

    private void Take()
    {
        _buffer.Append(_source.Current);
        _source.Advance();
    }

    private static bool IsWordStart(char c) =>
        char.IsAsciiLetter(c) || c is '_' or '$' || (c > 127 && c != SourceText.End && char.IsLetter(c));

    // In many alphabets a vowel is a mark on a letter.
    private static bool IsWordPart(char c) => IsWordStart(c) || char.IsAsciiDigit(c)
        || (c > 127 && char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber);

    /// <summary>The character of C that a typographic or full-width one looks like, or null.</summary>
    private static char? PlainOf(char c) => c switch
    {
        '\u2018' or '\u2019' => '\'',
        '\u201c' or '\u201d' => '"',
        '\u2013' or '\u2014' or '\u2212' => '-',
        >= '\uff01' and <= '\uff5e' => (char)(c - 0xfee0),
        _ => null,
    };
}
