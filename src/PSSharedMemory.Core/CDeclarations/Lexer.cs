using System;
using System.Collections.Generic;
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

    private const char End = '\uffff';

    private static readonly string[] LongPunctuators =
    [
        "...", "<<=", ">>=", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
        "*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=", "##", "::",
    ];

    private readonly string _text;
    private readonly StringBuilder _buffer = new();
    private readonly List<Token> _tokens = [];
    private int _index;
    private int _line = 1;
    private int _column = 1;
    private bool _startsLine = true;
    private bool _followsSpace;

    private Lexer(string text) => _text = text;

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
            (var line, var column) = (_line, _column);
            var c = Current;
            _buffer.Clear();
            if (c == End && _index >= _text.Length)
            {
                Add(TokenKind.End, "", line, column);
                return;
            }

            if (IsWordStart(c))
            {
                ReadWord(line, column);
            }
            else if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Ahead(1))))
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
        while (IsWordPart(Current))
        {
            Take();
        }

        var word = _buffer.ToString();
        if (word is "L" or "u" or "U" or "u8" && Current is '\'' or '"')
        {
            _buffer.Clear();
            ReadQuoted(Current, line, column);
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
            var c = Current;
            if (c is '+' or '-' && IsExponent())
            {
                Take();
            }
            else if (IsWordPart(c) || c == '.' || (c == '\'' && IsWordPart(Ahead(1))))
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
        Advance();
        while (Current != quote)
        {
            if (AtEnd || Current == '\n')
            {
                Add(TokenKind.Invalid, quote == '"'
                    ? "this string has no closing quote."
                    : "this character has no closing quote.", line, column);
                return;
            }

            if (Current == '\\')
            {
                Take();
            }

            if (!AtEnd && Current != '\n')
            {
                Take();
            }
        }

        Advance();
        Add(quote == '"' ? TokenKind.Text : TokenKind.Character, _buffer.ToString(), line, column);
    }

    private void ReadPunctuator(char c, int line, int column)
    {
        if (!"{}[]()<>;:,.?~!%^&*-+=|/#".Contains(c, StringComparison.Ordinal))
        {
            Advance();
            var shown = char.IsControl(c) || char.IsSurrogate(c) ? $"the character U+{(int)c:X4}" : $"'{c}'";
            Add(TokenKind.Invalid, $"{shown} has no meaning in a C declaration.", line, column);
            return;
        }

        foreach (var punctuator in LongPunctuators)
        {
            if (punctuator[0] != c || Ahead(1) != punctuator[1]
                || (punctuator.Length == 3 && Ahead(2) != punctuator[2]))
            {
                continue;
            }

            for (var i = 0; i < punctuator.Length; i++)
            {
                Advance();
            }

            Add(TokenKind.Punctuator, punctuator, line, column);
            return;
        }

        Advance();
        Add(TokenKind.Punctuator, c.ToString(), line, column);
    }

    private void SkipSpace()
    {
        while (!AtEnd)
        {
            var c = Current;
            if (c == '\n')
            {
                _startsLine = true;
                Advance();
            }
            else if (char.IsWhiteSpace(c) || c == '\ufeff')
            {
                Advance();
            }
            else if (c == '/' && Ahead(1) == '/')
            {
                while (!AtEnd && Current != '\n')
                {
                    Advance();
                }
            }
            else if (c == '/' && Ahead(1) == '*')
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
        (var line, var column) = (_line, _column);
        Advance();
        Advance();
        while (!(Current == '*' && Ahead(1) == '/'))
        {
            if (AtEnd)
            {
                throw new ShmDefinitionException(line, column, "this comment has no end; expected '*/'.");
            }

            Advance();
        }

        Advance();
        Advance();
    }

    private bool AtEnd
    {
        get
        {
            Splice();
            return _index >= _text.Length;
        }
    }

    private char Current
    {
        get
        {
            Splice();
            return _index < _text.Length ? _text[_index] : End;
        }
    }

    private void Take()
    {
        _buffer.Append(Current);
        Advance();
    }

    private void Advance()
    {
        Splice();
        if (_index >= _text.Length)
        {
            return;
        }

        if (_text[_index] == '\n')
        {
            _line++;
            _column = 1;
        }
        else
        {
            _column++;
        }

        _index++;
    }

    private char Ahead(int count)
    {
        (var index, var line, var column) = (_index, _line, _column);
        for (var i = 0; i < count; i++)
        {
            Advance();
        }

        var c = Current;
        (_index, _line, _column) = (index, line, column);
        return c;
    }

    /// <summary>Skips continued line ends: a backslash, optional spaces, and the end of the line.</summary>
    private void Splice()
    {
        while (_index < _text.Length && _text[_index] == '\\')
        {
            var end = _index + 1;
            while (end < _text.Length && _text[end] is ' ' or '\t' or '\r')
            {
                end++;
            }

            if (end >= _text.Length || _text[end] != '\n')
            {
                return;
            }

            _index = end + 1;
            _line++;
            _column = 1;
        }
    }

    private static bool IsWordStart(char c) =>
        char.IsAsciiLetter(c) || c is '_' or '$' || (c > 127 && c != End && char.IsLetter(c));

    private static bool IsWordPart(char c) => IsWordStart(c) || char.IsAsciiDigit(c);
}
