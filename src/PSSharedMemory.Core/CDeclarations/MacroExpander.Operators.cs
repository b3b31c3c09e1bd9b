using System;
using System.Collections.Generic;
using System.Text;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: <c>#</c>, which makes text of an argument, and <c>##</c>, which joins two tokens.</summary>
internal sealed partial class MacroExpander
{
    /// <summary>The tokens of an argument as text, for <c>#</c>.</summary>
    private string Spelling(Token name, List<Token> argument)
    {
        var text = new StringBuilder();
        foreach (var token in argument)
        {
            if (token.FollowsSpace && text.Length > 0)
            {
                text.Append(' ');
            }

            var quote = token.Kind switch
            {
                TokenKind.Text => "\\\"",
                TokenKind.Character => "'",
                _ => "",
            };
            text.Append(quote)
                .Append(quote.Length > 0 ? token.Text.Replace("\\", "\\\\", StringComparison.Ordinal) : token.Text)
                .Append(quote);
            if (text.Length > _limit - _steps)
            {
                Spend(name, text.Length);
            }
        }

        // A string is a single token of any length: charge for its characters.
        Spend(name, text.Length / 8);
        return text.ToString();
    }

    /// <summary>Joins both sides of <c>##</c>, repeatedly. Returns the index of the last part.</summary>
    private int Paste(Token name, Macro macro, List<List<Token>> arguments, int index, List<Token> result)
    {
        var left = Raw(macro, arguments, index);
        while (index + 1 < macro.Body.Count && macro.Body[index + 1].Is("##"))
        {
            if (index + 2 >= macro.Body.Count)
            {
                throw name.Error($"the macro '{name.Text}' ends with '##'.");
            }

            index += 2;
            var right = Raw(macro, arguments, index);
            Spend(name, right.Count + 8);

            // As gcc does: a comma before the variable arguments isn't joined, and is dropped if there are none.
            if (left.Count > 0 && left[^1].Is(",") && macro.IsVariadic
                && macro.IndexOf(macro.Body[index]) == macro.Parameters!.Count - 1)
            {
                if (right.Count == 0)
                {
                    left.RemoveAt(left.Count - 1);
                }
            }
            else if (left.Count > 0 && right.Count > 0)
            {
                left[^1] = Join(name, left[^1], right[0]);
                right.RemoveAt(0);
            }

            left.AddRange(right);
        }

        result.AddRange(left);
        return index;
    }

    private static Token Join(Token name, Token left, Token right)
    {
        if (left.Text.Length + right.Text.Length > 1000)
        {
            throw name.Error($"the macro '{name.Text}' makes a name of more than 1000 characters with '##'.");
        }

        var joined = Lexer.Run(left.Text + right.Text);
        if (joined.Count != 2)
        {
            throw name.Error(
                $"the macro '{name.Text}' joins '{left.Text}' and '{right.Text}' with '##', which makes no token.");
        }

        return joined[0] with { Line = name.Line, Column = name.Column };
    }

    private static List<Token> Raw(Macro macro, List<List<Token>> arguments, int index)
    {
        var parameter = macro.IndexOf(macro.Body[index]);
        return parameter < 0 ? [macro.Body[index]] : [.. arguments[parameter]];
    }
}
