namespace PSSharedMemory.CDeclarations;

internal enum TokenKind
{
    Identifier,
    Number,
    Character,
    Text,
    Punctuator,

    /// <summary><c>#pragma pack</c>, in its place among the declarations.</summary>
    Pack,

    /// <summary>Not a token of C; an error unless <c>#if</c> excludes it.</summary>
    Invalid,

    End,
}

/// <summary>A token with its position. An invalid one's text tells what is wrong with it.</summary>
internal sealed record Token(TokenKind Kind, string Text, int Line, int Column)
{
    /// <summary>Whether it is the first of its line: a <c>#</c> there begins a directive.</summary>
    public bool StartsLine { get; init; }

    /// <summary>Whether a space stands before it: tells <c>#define F(x)</c> from <c>#define F (x)</c>.</summary>
    public bool FollowsSpace { get; init; }

    /// <summary>Whether it's text or a character of more than one byte each: <c>L"a"</c>.</summary>
    public bool IsWide { get; init; }

    public PackPragma? Pack { get; init; }

    public bool Is(string punctuatorOrWord) =>
        Kind is TokenKind.Punctuator or TokenKind.Identifier && Text == punctuatorOrWord;

    public bool IsName => Kind == TokenKind.Identifier;

    /// <summary>The token as an error message names it.</summary>
    public string Quoted => Kind switch
    {
        TokenKind.End => "the end of the text",
        TokenKind.Pack => "'#pragma pack'",
        TokenKind.Text => $"the string \"{Shortened}\"",
        _ => $"'{Shortened}'",
    };

    private string Shortened => Text.Length > 60 ? Text[..57] + "..." : Text;

    public ShmDefinitionException Error(string problem) =>
        new(Line, Column, problem, Kind == TokenKind.End ? null : Shortened);
}
