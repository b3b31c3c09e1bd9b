namespace PSSharedMemory.CDeclarations;

/// <summary>This part: namespaces, aliases, and the names that are behind a <c>::</c>.</summary>
internal sealed partial class DeclarationParser
{
    private const string Boost = "boost::interprocess";

    /// <summary>Tokens: no qualifier is longer, so that looking ahead for one stays cheap.</summary>
    private const int LongestQualifier = 32;

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
}
