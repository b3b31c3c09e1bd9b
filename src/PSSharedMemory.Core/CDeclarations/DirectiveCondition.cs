using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>The condition of an <c>#if</c>: an expression over macros, in which an unknown name is 0.</summary>
internal sealed class DirectiveCondition : IConstantScope
{
    public static bool Evaluate(
        Token directive, List<Token> line, Dictionary<string, Macro> macros, MacroExpander expander)
    {
        var decided = new List<Token>();
        for (var i = 0; i < line.Count; i++)
        {
            var token = line[i];
            if (token.Is("defined"))
            {
                decided.Add(Defined(line, ref i, macros));
            }
            else if (token.IsName && token.Text.StartsWith("__has_", System.StringComparison.Ordinal)
                && i + 1 < line.Count && line[i + 1].Is("("))
            {
                decided.Add(Known(line, ref i));
            }
            else
            {
                decided.Add(token);
            }
        }

        var tokens = new List<Token>();
        expander.All(decided, tokens);
        foreach (var token in tokens)
        {
            if (token.Kind == TokenKind.Invalid)
            {
                throw token.Error(token.Text);
            }
        }

        tokens.Add(new Token(TokenKind.End, "", directive.Line, directive.Column));
        var cursor = new TokenCursor(tokens);
        var value = ConstantExpression.Evaluate(cursor, new DirectiveCondition());
        if (!cursor.AtEnd)
        {
            throw cursor.Current.Error($"expected the end of the condition, found {cursor.Current.Quoted}.");
        }

        return value.IsTrue;
    }

    public bool TryPrimary(TokenCursor cursor, out CValue value)
    {
        value = CValue.Int(cursor.Advance().Text == "true");
        return true;
    }

    public bool TryCast(TokenCursor cursor, System.Func<CValue> operand, out CValue value)
    {
        value = default;
        return false;
    }

    private static Token Defined(List<Token> line, ref int index, Dictionary<string, Macro> macros)
    {
        var place = line[index];
        var parenthesis = index + 1 < line.Count && line[index + 1].Is("(");
        var name = index + (parenthesis ? 2 : 1);
        if (name >= line.Count || !line[name].IsName
            || (parenthesis && (name + 1 >= line.Count || !line[name + 1].Is(")"))))
        {
            throw place.Error("expected a name after 'defined'.");
        }

        index = parenthesis ? name + 1 : name;
        return place with { Kind = TokenKind.Number, Text = macros.ContainsKey(line[name].Text) ? "1" : "0" };
    }

    /// <summary><c>__has_include(x)</c>, <c>__has_attribute(x)</c> and their like: assume that it exists.</summary>
    private static Token Known(List<Token> line, ref int index)
    {
        var place = line[index++];
        var depth = 0;
        do
        {
            if (index >= line.Count)
            {
                throw place.Error($"expected ')' after '{place.Text}'.");
            }

            depth += line[index].Is("(") ? 1 : line[index].Is(")") ? -1 : 0;
            index++;
        }
        while (depth > 0);
        index--;
        return place with { Kind = TokenKind.Number, Text = "1" };
    }
}
