using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// This part: templates of the text. A template has no layout of its own: its tokens are kept, and read with the
/// parameters bound to each set of arguments that a declaration gives it.
/// </summary>
internal sealed partial class DeclarationParser
{
    /// <summary>Takes a template: keeps one of a struct or an alias, skips one of a function or a variable.</summary>
    private bool AcceptTemplate()
    {
        if (!_cursor.Is("template") || !_cursor.Next.Is("<"))
        {
            return AcceptInstantiation();
        }

        _cursor.Advance();
        _cursor.Advance();
        string? obstacle = null;
        var parameters = TemplateParameters(ref obstacle);
        while (_cursor.Is("template"))
        {
            // Of a member of a template, defined outside of it.
            _cursor.Advance();
            _cursor.Expect("<", "after 'template'");
            TemplateParameters(ref obstacle);
        }

        if (_cursor.Is("requires"))
        {
            while (!_cursor.AtEnd && !_cursor.Is("struct") && !_cursor.Is("class") && !_cursor.Is("union")
                && !_cursor.Is("using") && !_cursor.Is("{") && !_cursor.Is(";"))
            {
                _cursor.Advance();
            }
        }

        if (_cursor.Is("using") && _cursor.Next.IsName)
        {
            KeepAlias(parameters, obstacle);
        }
        else if ((_cursor.Is("struct") || _cursor.Is("class") || _cursor.Is("union")) && KeptRecord() is { } name)
        {
            KeepRecord(name, parameters, obstacle);
        }
        else
        {
            SkipFunction();
        }

        return true;
    }

    /// <summary>Skips <c>template struct ring&lt;int&gt;;</c>, which compiles functions and declares nothing.</summary>
    private bool AcceptInstantiation()
    {
        var word = _cursor.Is("extern") ? _cursor.Next : _cursor.Current;
        var after = _cursor.Ahead(_cursor.Is("extern") ? 2 : 1);
        if (!word.Is("template") || !(after.Is("struct") || after.Is("class")))
        {
            return false;
        }

        SkipToSemicolon();
        return true;
    }

    private List<TemplateParameter> TemplateParameters(ref string? obstacle)
    {
        var parameters = new List<TemplateParameter>();
        while (!_cursor.Is(">"))
        {
            var first = _cursor.Current;
            var start = _cursor.Position;
            string? name = null;
            var count = 0;
            var depth = 0;
            var equals = -1;
            while (!(depth == 0 && (_cursor.Is(",") || _cursor.Is(">"))))
            {
                if (_cursor.AtEnd || _cursor.Is(";") || _cursor.Is("{"))
                {
                    throw first.Error("expected ',' or '>' after a template's parameter.");
                }

                depth += _cursor.Is("<") || _cursor.Is("(") ? 1 : _cursor.Is(">") || _cursor.Is(")") ? -1 : 0;
                depth -= _cursor.Is(">>") ? 2 : 0;
                if (_cursor.Is("...") || (_cursor.Is("template") && depth == 0))
                {
                    obstacle ??= "it takes any number of arguments, or other templates";
                }

                if (depth == 0 && equals < 0 && _cursor.Is("="))
                {
                    equals = _cursor.Position + 1;
                }
                else if (equals < 0)
                {
                    count++;
                    name = _cursor.Current.IsName && depth == 0 ? _cursor.Current.Text : name;
                }

                _cursor.Advance();
            }

            // Of 'std::integral T' only the argument shows that it is a type: Argument looks for it.
            var isType = first.Text is "typename" or "class";
            parameters.Add(new TemplateParameter(
                count > 1 ? name ?? "" : "", isType,
                equals < 0 ? null : _cursor.Slice(equals, _cursor.Position)));
            _cursor.Accept(",");
        }

        _cursor.ExpectClosingAngle("after the template's parameters");
        return parameters;
    }

    /// <summary>The name of the struct whose definition begins here; null for a declaration or another thing.</summary>
    private Token? KeptRecord()
    {
        Token? name = null;
        for (var ahead = 1; ahead < 64; ahead++)
        {
            var token = _cursor.Ahead(ahead);
            if (token.Is("{") || token.Is(":"))
            {
                return name;
            }

            if (token.Is("<") && name is not null)
            {
                return name;
            }

            if (token.Is(";") || token.Is("="))
            {
                return null;
            }

            // The last name before the brace: attributes and alignas come before it.
            if (token.IsName && !token.Is("final") && !_cursor.Ahead(ahead + 1).Is("("))
            {
                name = token;
            }
        }

        return null;
    }

    private void KeepRecord(Token name, List<TemplateParameter> parameters, string? obstacle)
    {
        var start = _cursor.Position;
        var specializes = false;
        while (!_cursor.AtEnd && !_cursor.Is("{") && !_cursor.Is(";"))
        {
            specializes |= _cursor.Current == name && _cursor.Next.Is("<");
            _cursor.Advance();
        }

        if (_cursor.Is("{"))
        {
            _cursor.SkipBalanced();
        }

        AcceptAttributes(new Attributes());
        var body = _cursor.Slice(start, _cursor.Position);

        // Behind the ';' may stand what ends the packing.
        var packLimit = _pack.Limit;
        _cursor.Expect(";", "after the template");
        if (specializes || parameters.Count == 0)
        {
            obstacle = "it has specializations, which may have another layout";
            parameters = _scope.TryGetTemplate(name.Text, out var general) ? [.. general.Parameters] : parameters;
        }

        _scope.AddTemplate(
            new Template(name.Text, parameters, body, _scope.Path.Here, packLimit) { Obstacle = obstacle });
    }

    private void KeepAlias(List<TemplateParameter> parameters, string? obstacle)
    {
        _cursor.Advance();
        var name = _cursor.Advance();
        _cursor.Expect("=", "after the name of an alias");
        var start = _cursor.Position;
        while (!_cursor.AtEnd && !_cursor.Is(";"))
        {
            _cursor.Advance();
        }

        var body = _cursor.Slice(start, _cursor.Position);
        _cursor.Expect(";", "after the alias");
        _scope.AddTemplate(
            new Template(name.Text, parameters, body, _scope.Path.Here, _pack.Limit) { Obstacle = obstacle });
    }

    /// <summary>Skips a function or a variable, with its body.</summary>
    private void SkipFunction()
    {
        while (!_cursor.AtEnd && !_cursor.Accept(";"))
        {
            if (_cursor.Is("{"))
            {
                _cursor.SkipBalanced();
                if (!_cursor.Is(",") && !_cursor.Is("{") && !_cursor.Is(";"))
                {
                    return;
                }
            }
            else if (_cursor.Is("(") || _cursor.Is("["))
            {
                _cursor.SkipBalanced();
            }
            else if (_cursor.Is("}"))
            {
                return;
            }
            else
            {
                _cursor.Advance();
            }
        }
    }
}
