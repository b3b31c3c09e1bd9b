using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// This part: a template with its arguments. Its tokens are read with the parameters bound to them, once for each set.
/// </summary>
internal sealed partial class DeclarationParser
{
    private readonly Dictionary<string, TypeName?> _instances = [];

    private readonly Dictionary<string, Dictionary<string, int>> _identities = new(System.StringComparer.Ordinal);

    private readonly Dictionary<object, int> _records = new(ReferenceEqualityComparer.Instance);

    private long _instanceTokens;

    /// <summary>A template's name with its arguments: the struct that they make of it.</summary>
    private TypeName Instantiate(Template template)
    {
        var place = _cursor.Advance();
        if (template.Obstacle is { } obstacle && template.Specializations.Count == 0)
        {
            throw NotSupported(place, template, obstacle);
        }

        _cursor.Expect("<", $"after the template '{template.Name}'");
        _cursor.Enter();
        var bindings = new List<(TemplateParameter Parameter, TypeName Type, CValue Value)>();
        while (!_cursor.Is(">") && !_cursor.Is(">>"))
        {
            if (bindings.Count == template.Parameters.Count)
            {
                throw _cursor.Current.Error(
                    $"the template '{template.Name}' takes {template.Parameters.Count} arguments.");
            }

            bindings.Add(Argument(template.Parameters[bindings.Count]));
            if (!_cursor.Accept(","))
            {
                break;
            }
        }

        _cursor.ExpectClosingAngle("after the template's arguments");
        var type = WithScope(template, () => Bound(place, template, bindings));
        _cursor.Leave();
        return MemberType(type);
    }

    /// <summary>The type that a struct declares, where <c>::name</c> follows it.</summary>
    private TypeName MemberType(TypeName type)
    {
        while (_cursor.Is("::") && _cursor.Next.IsName && _scope.PathOf(type.Type) is { } path
            && !_scope.TryGetConstantIn(path, _cursor.Next.Text, out _))
        {
            _cursor.Advance();
            _cursor.Accept("template");
            type = QualifiedType(path);
        }

        return type;
    }

    private (TemplateParameter Parameter, TypeName Type, CValue Value) Argument(TemplateParameter parameter)
    {
        var start = _cursor.Position;
        if ((parameter.IsType ? ParseTypeName() : AttemptType()) is not { } type)
        {
            return (parameter, default, ConstantExpression.Evaluate(_cursor, this, stopAtAngle: true));
        }

        var isConstant = type.Type.Kind != ShmTypeKind.Address
            && _cursor.Slice(start, _cursor.Position).Any(static token => token.Is("const"));
        return (parameter, isConstant ? type with { Spelling = "const " + type.Spelling } : type, default);
    }

    /// <summary>
    /// The type that stands here up to the end of an argument or of parentheses; else null, and nothing is taken. A
    /// constant of a class, a template or an enumeration begins like a type: <c>color::red</c>.
    /// </summary>
    private TypeName? AttemptType()
    {
        if (!_cursor.MayBeType || !StartsType(_cursor.Current))
        {
            return null;
        }

        (var start, var depth) = (_cursor.Position, _cursor.Depth);
        try
        {
            var type = ParseTypeName();
            if (_cursor.AtEnd || _cursor.Current.Text is "," or ">" or ">>" or ")")
            {
                return type;
            }
        }
        catch (ShmDefinitionException)
        {
            // It's read again as a constant, whose error is then the one to show.
        }

        _cursor.ReturnFromNoType(start);
        _cursor.Depth = depth;
        return null;
    }

    /// <summary>Binds the arguments, and the defaults of those that weren't given, and reads the struct.</summary>
    private TypeName Bound(
        Token place, Template template, List<(TemplateParameter Parameter, TypeName Type, CValue Value)> bindings)
    {
        var given = bindings.ConvertAll(
            binding => binding.Type.Type is null ? binding.Value.ToString() : binding.Type.Spelling);
        var path = $"{template.Name}<{string.Join(", ", given)}>";
        _scope.Path.Enter(Distinct(ScopePath.Join(template.Scope.Path, path), path, bindings), isRecord: false);
        for (var i = 0; i < template.Parameters.Count; i++)
        {
            if (i == bindings.Count)
            {
                if (template.Parameters[i].Default is not { } tokens)
                {
                    throw place.Error(
                        $"the template '{template.Name}' takes {template.Parameters.Count} arguments, found {i}.");
                }

                bindings.Add(WithTokens(tokens, template.PackLimit, () => Argument(template.Parameters[i])));
            }

            (var parameter, var type, var value) = bindings[i];
            Bind(parameter, type, value);
        }

        return Instance(place, Specialized(place, template, bindings), bindings);
    }

    private TypeName Instance(
        Token place, Template template, List<(TemplateParameter Parameter, TypeName Type, CValue Value)> bindings)
    {
        var arguments = bindings.ConvertAll(
            binding => binding.Type.Type is null ? binding.Value.ToString() : binding.Type.Spelling);
        var spelling = $"{template.Name}<{string.Join(", ", arguments)}>";
        var key = ScopePath.Join(template.Scope.Path, spelling);
        key = Distinct(key, key, bindings);
        if (_instances.TryGetValue(key, out var known))
        {
            // Being read just now: it points to itself, or has itself in it.
            return known
                ?? (_scope.FindTag(template.Name) is { } itself
                    ? new TypeName(itself, spelling)
                    : throw place.Error($"the template '{spelling}' contains itself."));
        }

        _instanceTokens += template.Body.Count;
        if (_instanceTokens > SpareFields + (_tokenCount * 8L))
        {
            throw place.Error("the templates expand to too much for a text of this length.");
        }

        _instances.Add(key, null);
        try
        {
            var type = WithTokens(template.Body, template.PackLimit, ParseTypeName);
            if (type.Type.IsRecord && type.Type.Name == template.Name)
            {
                type.Type.Name = spelling;
                type = type with { Spelling = spelling };
            }

            _instances[key] = type;
            return type;
        }
        finally
        {
            if (_instances[key] is null)
            {
                _instances.Remove(key);
            }
        }
    }

    /// <summary>
    /// The name, with a number if its arguments are others than those that were first spelled so: a typedef of another
    /// scope can have the same name.
    /// </summary>
    private string Distinct(
        string key, string name, List<(TemplateParameter Parameter, TypeName Type, CValue Value)> bindings)
    {
        var identity = string.Join(
            ',', bindings.ConvertAll(binding => binding.Type.Type is null ? "" : Identity(binding.Type.Type)));
        if (!_identities.TryGetValue(key, out var known))
        {
            _identities.Add(key, known = []);
        }

        if (!known.TryGetValue(identity, out var number))
        {
            known.Add(identity, number = known.Count + 1);
        }

        return number == 1 ? name : $"{name}#{number}";
    }

    private string Identity(ShmType type)
    {
        var element = type.InnermostElement;
        var number = 0;
        if (element.IsRecord && !_records.TryGetValue(element.Fields, out number))
        {
            _records.Add(element.Fields, number = _records.Count + 1);
        }

        return $"{type.Kind} {type.Size} {type.Alignment} {element.Kind} {element.Size} {element.IsSigned} "
            + $"{element.IsExtended} {element.IsBigEndian} {element.IsAtomic} {number}";
    }

    /// <summary>Reads other tokens than those of the text, at the same depth.</summary>
    private T WithTokens<T>(IReadOnlyList<Token> tokens, int packLimit, System.Func<T> read)
    {
        (var cursor, var pack) = (_cursor, _pack);
        _pack = new PackState(packLimit);
        _cursor = new TokenCursor(tokens, _pack) { Depth = cursor.Depth };
        try
        {
            var result = read();
            return _cursor.AtEnd
                ? result
                : throw _cursor.Current.Error($"expected the end of the template, found {_cursor.Current.Quoted}.");
        }
        finally
        {
            (_cursor, _pack) = (cursor, pack);
        }
    }

    /// <summary>Reads where the template is declared: its names mean there what they meant for it.</summary>
    private T WithScope<T>(Template template, System.Func<T> read)
    {
        var here = _scope.Path.Here;
        _scope.Path.Here = template.Scope;
        try
        {
            return read();
        }
        finally
        {
            _scope.Path.Here = here;
        }
    }
}
