using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// This part: what C++ has around its structs and in them: namespaces, aliases and functions. Virtual functions, whose
/// hidden pointer means nothing in another process, are errors.
/// </summary>
internal sealed partial class DeclarationParser
{
    /// <summary>
    /// What may follow a function's parameters. Anything else is a sign that this is no function but a macro for a
    /// type: <c>unsigned BITS(12) a;</c>
    /// </summary>
    private static readonly HashSet<string> FunctionWords = new(System.StringComparer.Ordinal)
    {
        "const", "volatile", "noexcept", "override", "final", "throw", "try", "requires", "__attribute__", "asm",
        "__asm__", "mutable", "Q_DECL_OVERRIDE", "Q_DECL_NOTHROW", "_NOEXCEPT", "NOEXCEPT",
    };

    private const string Boost = "boost::interprocess";

    /// <summary>Tokens: no qualifier is longer, so that looking ahead for one stays cheap.</summary>
    private const int LongestQualifier = 32;

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

    /// <summary>Takes a namespace. An unnamed or inline one has its names in the namespace around it.</summary>
    private bool AcceptNamespace()
    {
        if (!_cursor.Is("namespace") && !(_cursor.Is("inline") && _cursor.Next.Is("namespace")))
        {
            return false;
        }

        var isInline = _cursor.Accept("inline");
        _cursor.Advance();
        if (_cursor.Current.IsName && _cursor.Next.Is("="))
        {
            NamespaceAlias();
            return true;
        }

        var around = _scope.Path.Here;
        while (_cursor.Current.IsName || _cursor.Is("::"))
        {
            var part = _cursor.Advance();
            if (part.Is("inline"))
            {
                isInline = true;
            }
            else if (part.IsName)
            {
                if (!isInline)
                {
                    _scope.Path.Enter(part.Text, isRecord: false);
                }

                isInline = false;
            }
        }

        AcceptAttributes(new Attributes());
        if (!_cursor.Is("{"))
        {
            throw _cursor.Current.Error(
                $"expected '{{' after the name of a namespace, found {_cursor.Current.Quoted}.");
        }

        Block();
        _scope.Path.Here = around;
        return true;
    }

    private void NamespaceAlias()
    {
        var name = _cursor.Advance();
        _cursor.Advance();
        var path = "";
        while (!_cursor.AtEnd && !_cursor.Is(";") && path.Length < 1000)
        {
            var part = _cursor.Advance();
            path = part.IsName ? ScopePath.Join(path, part.Text) : path;
        }

        _scope.Path.AddAlias(name.Text, _scope.Path.Resolve(path) ?? path);
        _cursor.Expect(";", "after the alias of a namespace");
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

    private void SkipToSemicolon()
    {
        while (!_cursor.AtEnd && !_cursor.Accept(";"))
        {
            _cursor.Advance();
        }
    }

    /// <summary>Takes <c>a::b::</c> before a name: the path of that namespace, class or enumeration, or null.</summary>
    private string? AcceptQualifier()
    {
        var path = Qualifier(out var length);
        for (var i = 0; path is not null && i < length; i++)
        {
            _cursor.Advance();
        }

        return path;
    }

    /// <summary>Whether what the qualifier here qualifies is a type, as far as that can be told.</summary>
    private bool QualifiesType() => Qualifier(out var length) is { } path
        && !_scope.TryGetConstantIn(path, _cursor.Ahead(length).Text, out _);

    private string? Qualifier(out int length)
    {
        var qualifier = "";
        length = 0;
        while (length < LongestQualifier && _cursor.Ahead(length).IsName && _cursor.Ahead(length + 1).Is("::"))
        {
            qualifier = ScopePath.Join(qualifier, _cursor.Ahead(length).Text);
            length += 2;
        }

        if (length == 0)
        {
            return null;
        }

        if (qualifier == Boost || qualifier.StartsWith(Boost + "::", System.StringComparison.Ordinal))
        {
            return qualifier;
        }

        return _scope.Path.Resolve(qualifier)
            ?? (_scope.TryGetType(qualifier, out var type) ? _scope.PathOf(type.Type) : null);
    }

    /// <summary>The type behind a <c>::</c> with nothing before it: what classes here call so doesn't count.</summary>
    private TypeName GlobalType()
    {
        _cursor.Advance();
        var name = _cursor.Current;
        if (_cursor.Next.Is("::"))
        {
            if (name.Is("std"))
            {
                return TryParseNamedType(new Specifiers())!.Value;
            }

            var here = _scope.Path.Here;
            _scope.Path.Here = _scope.Path.Outermost;
            var path = AcceptQualifier();
            _scope.Path.Here = here;
            return path is not null ? QualifiedType(path) : throw name.Error($"'::{name.Text}' isn't declared above.");
        }

        if (_cursor.Next.Is("<") && _scope.TryGetTemplateIn("", name.Text, out var template))
        {
            return Instantiate(template);
        }

        if (!_scope.TryGetTypeIn("", name.Text, out var type) && !_known.TryGet(name.Text, out type))
        {
            throw _scope.FailureOf(name.Text) ?? name.Error($"'::{name.Text}' isn't declared above.");
        }

        _cursor.Advance();
        return type;
    }

    /// <summary>The type behind a qualifier.</summary>
    private TypeName QualifiedType(string path)
    {
        if (path == Boost || path.StartsWith(Boost + "::", System.StringComparison.Ordinal))
        {
            return BoostType(path);
        }

        var name = _cursor.Current;
        if (_cursor.Next.Is("<") && _scope.TryGetTemplateIn(path, name.Text, out var template))
        {
            return Instantiate(template);
        }

        if (!_scope.TryGetTypeIn(path, name.Text, out var type))
        {
            throw _scope.FailureOf(name.Text) ?? name.Error($"'{path}' has no type '{name.Text}' here.");
        }

        _cursor.Advance();
        return type;
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

        var start = _cursor.Position;
        if (AcceptTemplate())
        {
            var skipped = _cursor.Slice(start, _cursor.Position);
            for (var i = 1; i < skipped.Count; i++)
            {
                _facts.HasDefaultedFunctions |= skipped[i].Is("(") && skipped[i - 1].Is(record.Name);
            }

            return true;
        }

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

        // '= default' leaves a class as plain as it is for some compilers, and some versions of C++.
        var isDefaulted = _cursor.Is("=") && (_cursor.Next.Is("default") || _cursor.Next.Is("delete"));
        _facts.HasSpecialFunctions |= special && !isDefaulted;
        _facts.HasDefaultedFunctions |= special && isDefaulted;
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

        // Only some compilers take a class that says how it's assigned for a plain one.
        _facts.HasDefaultedFunctions |= _cursor.Is("=") && _cursor.Next.Is("(");
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
        if (_cursor.Current.IsName && !FunctionWords.Contains(_cursor.Current.Text))
        {
            return false;
        }

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
