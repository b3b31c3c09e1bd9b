using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: which language a text is in.</summary>
internal sealed partial class DeclarationParser
{
    /// <summary>Whether the text is known to be C++, which allows functions in structs.</summary>
    private static bool IsCxx(List<Token> tokens)
    {
        for (var i = 0; i + 1 < tokens.Count; i++)
        {
            var next = tokens[i + 1];
            var says = tokens[i].IsName && tokens[i].Text switch
            {
                "std" => next.Is("::"),
                "public" or "private" or "protected" =>
                    next.Is(":") && !(i + 2 < tokens.Count && tokens[i + 2].Kind == TokenKind.Number),
                "namespace" => next.IsName || next.Is("{"),
                "using" or "class" or "constexpr" => next.IsName,
                "template" => next.Is("<"),
                "explicit" or "friend" or "virtual" => next.IsName || next.Is("~"),
                "struct" => next.IsName && i + 3 < tokens.Count && tokens[i + 2].Is(":") && tokens[i + 3].IsName,
                _ => false,
            };
            if (says)
            {
                return true;
            }
        }

        return false;
    }
}
