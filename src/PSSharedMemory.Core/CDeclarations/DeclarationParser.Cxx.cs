using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// This part: what C++ structs contain that doesn't affect their layout: namespaces, aliases and functions. Templates
/// and virtual functions, whose layout means nothing in another process, are errors.
/// </summary>
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

    /// <summary>Takes a namespace; its contents are kept as if they were outside.</summary>
    private bool AcceptNamespace()
    {
        if (!_cursor.Is("namespace") && !(_cursor.Is("inline") && _cursor.Next.Is("namespace")))
        {
            return false;
        }

        _cursor.Accept("inline");
        _cursor.Advance();
        while (_cursor.Current.IsName || _cursor.Is("::"))
        {
            var part = _cursor.Advance();
            if (part.IsName && !part.Is("inline"))
            {
                _scope.Namespaces.Add(part.Text);
            }
        }

        if (_cursor.Is("="))
        {
            SkipToSemicolon();
            return true;
        }

        AcceptAttributes(new Attributes());
        if (!_cursor.Is("{"))
        {
            throw _cursor.Current.Error(
                $"expected '{{' after the name of a namespace, found {_cursor.Current.Quoted}.");
        }

        Block();
        return true;
    }

    /// <summary>Treats <c>using name = type;</c> as a typedef, and skips other uses of <c>using</c>.</summary>
    private bool AcceptUsing()
    {
        if (!_cursor.Is("using") || !_cursor.Next.IsName)
        {
            return false;
        }

        _cursor.Advance();
        if (!_cursor.Next.Is("="))
        {
            SkipToSemicolon();
            return true;
        }

        var name = _cursor.Advance();
        _cursor.Advance();
        DefineTypedef(new Declarator(name, ParseTypeName(), new Attributes()));
        _cursor.Expect(";", "after the alias");
        return true;
    }

    private void RefuseTemplate()
    {
        if (_cursor.Is("template") && _cursor.Next.Is("<"))
        {
            throw _cursor.Current.Error(
                "a template has no layout of its own; expected a struct with its types filled in.");
        }
    }

    private void SkipToSemicolon()
    {
        while (!_cursor.AtEnd && !_cursor.Accept(";"))
        {
            _cursor.Advance();
        }
    }

    /// <summary>
    /// Passes over one <c>name::</c> of a namespace, or of a struct whose types are kept without its name.
    /// </summary>
    private bool SkipQualifier()
    {
        if (!_cursor.Next.Is("::")
            || !(_scope.Namespaces.Contains(_cursor.Current.Text) || _scope.IsType(_cursor.Current.Text)))
        {
            return false;
        }

        _cursor.Advance();
        _cursor.Advance();
        return true;
    }

    /// <summary>Skips constructors, destructors, conversions and friends.</summary>
    private bool AcceptSpecialFunction(ShmType record)
    {
        var token = _cursor.Current;
        var next = _cursor.Next;
        if (token.Is("virtual") && (next.IsName || next.Is("~")))
        {
            throw token.Error(
                "a struct with virtual functions begins with a hidden pointer that means nothing in another process; "
                    + "its layout is not supported here.");
        }

        RefuseTemplate();
        if (token.Is("friend") && next.IsName)
        {
            SkipToSemicolon();
            return true;
        }

        var constructs = token.IsName && token.Text == record.Name && next.Is("(");
        if (!constructs && !token.Is("~") && !(token.Is("operator") && next.IsName)
            && !(token.Is("explicit") && next.IsName)
            && !(token.Is("auto") && next.Is("operator"))
            && !((token.Is("auto") || (token.Is("constexpr") && next.Is(record.Name))) && next.IsName
                && _cursor.Ahead(2).Is("(")))
        {
            return false;
        }

        var special = constructs || token.Is("~") || next.Is(record.Name) || _cursor.Ahead(2).Is(record.Name);
        while (!_cursor.Is("(") && !_cursor.AtEnd)
        {
            _cursor.Advance();
        }

        _cursor.SkipBalanced();

        // '= default' leaves a class as plain as it is.
        _facts.HasSpecialFunctions |= special
            && !(_cursor.Is("=") && (_cursor.Next.Is("default") || _cursor.Next.Is("delete")));
        if (!AcceptFunctionEnd())
        {
            _cursor.Expect(";", "after a function");
        }

        return true;
    }

    /// <summary>
    /// Whether a '&amp;' belongs to a function's return type: fields can't be references, but functions don't matter.
    /// </summary>
    private bool ReturnsReference() => _cursor.Next.IsName && (_cursor.Ahead(2).Is("(") || _cursor.Next.Is("operator"));

    /// <summary>Skips what follows "operator" in a function's name.</summary>
    private void SkipOperator(Token name)
    {
        if (!name.Is("operator") || _cursor.Current.Kind != TokenKind.Punctuator || _cursor.Is(";"))
        {
            return;
        }

        if (_cursor.Is("(") && _cursor.Next.Is(")"))
        {
            _cursor.Advance();
        }

        while (!_cursor.AtEnd && !_cursor.Next.Is("("))
        {
            _cursor.Advance();
        }

        _cursor.Advance();
    }

    /// <summary>
    /// Skips the rest of a function after its parameters. False for a bare prototype unless the text is known to be
    /// C++: in C it's probably meant as a function pointer.
    /// </summary>
    private bool AcceptFunctionEnd()
    {
        var plain = true;
        while (!_cursor.AtEnd)
        {
            if (_cursor.Is("{"))
            {
                _cursor.SkipBalanced();
                if (!_cursor.Is(",") && !_cursor.Is("{"))
                {
                    return true;
                }
            }
            else if (_cursor.Is("("))
            {
                _cursor.SkipBalanced();
            }
            else if (_cursor.Is(";"))
            {
                if (plain && !_isCxx)
                {
                    return false;
                }

                _cursor.Advance();
                return true;
            }
            else if (_cursor.Is("}") || (plain && _cursor.Is(",")))
            {
                return false;
            }
            else
            {
                _cursor.Advance();
            }

            plain = false;
        }

        return false;
    }
}
