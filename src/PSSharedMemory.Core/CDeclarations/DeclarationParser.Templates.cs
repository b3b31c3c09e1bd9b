using System.Collections.Generic;
using System.Linq;

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
        else if ((_cursor.Is("struct") || _cursor.Is("class") || _cursor.Is("union")) && _cursor.Next.IsName
            && _cursor.Ahead(2).Is(";"))
        {
            KeepDeclaration(parameters, obstacle);
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
        var depth = 0;
        for (var ahead = 1; ahead < 64; ahead++)
        {
            var token = _cursor.Ahead(ahead);
            depth += token.Is("(") ? 1 : token.Is(")") ? -1 : 0;
            if (depth > 0)
            {
                continue;
            }

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
        IReadOnlyList<Token>? pattern = null;
        while (!_cursor.AtEnd && !_cursor.Is("{") && !_cursor.Is(";"))
        {
            if (_cursor.Advance() == name && _cursor.Is("<"))
            {
                pattern = Pattern();
            }
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
        var template = new Template(name.Text, parameters, body, _scope.Path.Here, packLimit)
        {
            Obstacle = obstacle,
            Pattern = pattern,
        };
        if (pattern is not null)
        {
            Specialize(name, template);
            return;
        }

        // What was declared before may have the defaults.
        if (_scope.TryGetTemplateIn(_scope.Path.Current, name.Text, out var earlier))
        {
            template = template with
            {
                Specializations = earlier.Specializations,
                Parameters = [.. parameters.Select((parameter, i) => parameter.Default is null
                    ? parameter with { Default = earlier.Parameters.ElementAtOrDefault(i)?.Default }
                    : parameter)],
            };
        }

        _scope.AddTemplate(template);
    }

    /// <summary>What stands in the angle brackets behind the name of a specialization.</summary>
    private IReadOnlyList<Token> Pattern()
    {
        _cursor.Advance();
        var start = _cursor.Position;
        var depth = 0;
        while (!_cursor.AtEnd && !_cursor.Is("{") && !(depth == 0 && _cursor.Is(">")))
        {
            depth += _cursor.Is("<") || _cursor.Is("(") ? 1 : _cursor.Is(">") || _cursor.Is(")") ? -1 : 0;
            depth -= _cursor.Is(">>") ? 2 : 0;
            if (depth < 0)
            {
                break;
            }

            _cursor.Advance();
        }

        var pattern = _cursor.Slice(start, _cursor.Position);
        return _cursor.Is(">>")
            ? [.. pattern.SkipLast(1), _cursor.Current with { Text = ">" }, pattern[^1]]
            : pattern;
    }

    private void Specialize(Token name, Template specialization)
    {
        if (!_scope.TryGetTemplate(name.Text, out var general))
        {
            throw name.Error($"'{name.Text}' is specialized, and isn't a template that is declared above.");
        }

        // The '<...>' behind the name isn't part of the struct.
        general.Specializations.Add(specialization with { Body = WithoutPattern(name, specialization) });
    }

    private static IReadOnlyList<Token> WithoutPattern(Token name, Template specialization)
    {
        var start = specialization.Body.TakeWhile(token => token != name).Count() + 1;
        var depth = 0;
        var end = start;
        do
        {
            var token = specialization.Body[end++];
            depth += token.Is("<") || token.Is("(") ? 1 : token.Is(">") || token.Is(")") ? -1 : token.Is(">>") ? -2 : 0;
        }
        while (depth > 0 && end < specialization.Body.Count - 1);
        return [.. specialization.Body.Take(start), .. specialization.Body.Skip(end)];
    }

    /// <summary>
    /// <c>template &lt;class T, int N = 4&gt; struct ring;</c>, whose definition or specializations follow.
    /// </summary>
    private void KeepDeclaration(List<TemplateParameter> parameters, string? obstacle)
    {
        _cursor.Advance();
        var name = _cursor.Advance();
        var body = _cursor.Slice(_cursor.Position, _cursor.Position);
        _cursor.Advance();
        if (!_scope.TryGetTemplateIn(_scope.Path.Current, name.Text, out _))
        {
            _scope.AddTemplate(
                new Template(name.Text, parameters, body, _scope.Path.Here, _pack.Limit)
                {
                    Obstacle = obstacle ?? "it's declared, but its fields aren't",
                });
        }
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
