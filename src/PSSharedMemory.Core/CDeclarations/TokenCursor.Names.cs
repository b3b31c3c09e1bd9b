using System;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: the name of a field whose declaration could not be read.</summary>
internal sealed partial class TokenCursor
{
    /// <summary>The name that a declaration from a position on declares where an error is, or null.</summary>
    /// <param name="start">Where the declaration begins.</param>
    /// <param name="error">The error: of several names, the last up to it, or the first after it.</param>
    /// <param name="limit">The most tokens to look at.</param>
    public string? MemberName(int start, ShmDefinitionException error, int limit)
    {
        var open = 0;
        var parentheses = 0;
        Token? name = null;
        var isType = true;
        for (var i = start; i < _tokens.Count && i < start + limit; i++)
        {
            var token = _tokens[i];
            var previous = i > start ? _tokens[i - 1] : null;
            parentheses += token.Is("(") ? 1 : token.Is(")") ? -1 : 0;
            if (parentheses > 0 && (token.Is("<") || token.Is(">") || token.Is(">>")))
            {
                // A comparison or a shift.
                continue;
            }

            if (open == 0 && (token.Is(",") || token.Is(";") || token.Is("}") || token.Kind == TokenKind.End))
            {
                if (!token.Is(",") || token.Line > error.Line
                    || (token.Line == error.Line && token.Column > error.Column))
                {
                    break;
                }

                (name, isType) = (null, false);
            }
            else if (open == 0 && (token.Is("=") || token.Is(":") || token.Is("[") || (token.Is("{") && !isType)))
            {
                isType = false;
                open += token.Is("[") || token.Is("{") ? 1 : 0;
            }
            else if (token.Is("(") || token.Is("[") || token.Is("{") || token.Is("<"))
            {
                if (open == 0 && token.Is("(") && InnerName(i + 1) is { } inner)
                {
                    (name, isType) = (inner, false);
                }

                open++;
            }
            else if (token.Is(")") || token.Is("]") || token.Is("}") || token.Is(">"))
            {
                open--;
            }
            else if (token.Is(">>"))
            {
                open -= 2;
            }
            else if (open == 0 && token.IsName && (isType || previous is { Text: "," or "*" or "&" })
                && !IsBehindScope(previous) && !_tokens[i].Text.StartsWith("__", StringComparison.Ordinal))
            {
                name = i > start || !isType ? token : null;
            }
        }

        return name?.Text;

        static bool IsBehindScope(Token? previous) => previous is { Text: "::" or "struct" or "union" or "enum" };
    }

    // Of a pointer to a function or an array, the name is within: (*name)(...).
    private Token? InnerName(int index)
    {
        while (_tokens[index].IsName || _tokens[index].Is("::"))
        {
            index++;
        }

        return _tokens[index].Is("*") && _tokens[index + 1].IsName ? _tokens[index + 1] : null;
    }
}
