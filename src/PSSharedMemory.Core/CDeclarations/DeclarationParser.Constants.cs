using System;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: what constant expressions ask for: names, sizeof, offsetof and casts.</summary>
internal sealed partial class DeclarationParser : IConstantScope
{
    public bool TryPrimary(TokenCursor cursor, out CValue value)
    {
        var token = cursor.Current;
        switch (token.Text)
        {
            case "sizeof":
                cursor.Advance();
                value = CValue.SizeOf(Operand(token).Size);
                return true;
            case "_Alignof" or "alignof" or "__alignof__" or "__alignof":
                cursor.Advance();
                value = CValue.SizeOf(Operand(token).Alignment);
                return true;
            case "offsetof" or "__builtin_offsetof":
                value = OffsetOf();
                return true;
            case "static_cast" when _cursor.Next.Is("<"):
                value = StaticCast();
                return true;
            case "true" or "false" when !_scope.TryGetConstant(token.Text, out _):
                cursor.Advance();
                value = CValue.Int(token.Text == "true");
                return true;
            default:
                return TryNamedConstant(token, out value) || TryFunctionalCast(token, out value);
        }
    }

    public bool TryCast(TokenCursor cursor, Func<CValue> operand, out CValue value)
    {
        value = default;
        var place = cursor.Current;
        if (AttemptType()?.Type is not { } type)
        {
            return false;
        }

        cursor.Expect(")", "after the type of a cast");
        value = Converted(place, type, operand());
        return true;
    }

    private static CValue Converted(Token place, ShmType type, CValue value)
    {
        if (type.Kind is not (ShmTypeKind.Number or ShmTypeKind.Character or ShmTypeKind.Boolean
            or ShmTypeKind.Enumeration) || type.Size > 8)
        {
            throw place.Error($"expected a cast to an integer type, found '{type.Name}'.");
        }

        var signed = type.Kind == ShmTypeKind.Enumeration ? type.ElementType!.IsSigned : type.IsSigned;
        return type.Kind == ShmTypeKind.Boolean ? CValue.Int(value.IsTrue) : value.Cast(type.Size, signed);
    }

    /// <summary><c>static_cast&lt;int&gt;(x)</c>.</summary>
    private CValue StaticCast()
    {
        var place = _cursor.Advance();
        _cursor.Expect("<", $"after '{place.Text}'");
        var type = ParseTypeName().Type;
        _cursor.ExpectClosingAngle($"after the type of '{place.Text}'");
        return Converted(place, type, Parenthesized());
    }

    /// <summary><c>int(x)</c> or <c>std::size_t{x}</c>; false for anything else.</summary>
    private bool TryFunctionalCast(Token place, out CValue value)
    {
        value = default;
        if (!_isCxx || !StartsType(place))
        {
            return false;
        }

        (var start, var depth) = (_cursor.Position, _cursor.Depth);
        var type = ParseSpecifiers().Type.Type;
        if (_cursor.Is("(") || _cursor.Is("{"))
        {
            value = Converted(place, type, Parenthesized());
            return true;
        }

        _cursor.Return(start);
        _cursor.Depth = depth;
        return false;
    }

    private CValue Parenthesized()
    {
        var close = _cursor.Is("{") ? "}" : ")";
        if (!_cursor.Accept("{"))
        {
            _cursor.Expect("(", "in the expression");
        }

        var value = ConstantExpression.Evaluate(_cursor, this);
        _cursor.Expect(close, "in the expression");
        return value;
    }

    private bool TryNamedConstant(Token token, out CValue value)
    {
        var start = _cursor.Position;
        if (AcceptQualifier() is { } path)
        {
            if (_scope.TryGetConstantIn(path, _cursor.Current.Text, out value))
            {
                _cursor.Advance();
                return true;
            }

            _cursor.Return(start);
        }

        if (_scope.TryGetConstant(token.Text, out value))
        {
            _cursor.Advance();
            return true;
        }

        // A constant of a template with its arguments: 'traits<T>::size'.
        if (_cursor.Next.Is("<") && _scope.TryGetTemplate(token.Text, out var template))
        {
            var type = Instantiate(template);
            if (_cursor.Is("::") && _scope.PathOf(type.Type) is { } members
                && _scope.TryGetConstantIn(members, _cursor.Next.Text, out value))
            {
                _cursor.Advance();
                _cursor.Advance();
                return true;
            }

            throw token.Error($"'{type.Spelling}' isn't a constant.");
        }

        // What gcc takes for these: <new>.
        if (token.Is("std") && _cursor.Ahead(2).Text is "hardware_destructive_interference_size"
            or "hardware_constructive_interference_size")
        {
            value = CValue.SizeOf(!_abi.IsAmd64 && _cursor.Ahead(2).Text[9] == 'd' ? 256 : 64);
            _cursor.Advance();
            _cursor.Advance();
            _cursor.Advance();
            return true;
        }

        return false;
    }

    /// <summary>
    /// The operand of sizeof or _Alignof: a type in parentheses, or a field of a null pointer to a struct.
    /// </summary>
    private ShmType Operand(Token word)
    {
        if (_cursor.Current.Kind == TokenKind.Text)
        {
            return Text();
        }

        _cursor.Enter();
        var place = _cursor.Current;
        if (place.IsName)
        {
            throw NoType(word, place);
        }

        _cursor.Expect("(", $"after '{word.Text}'");
        ShmType type;
        if (StartsType(_cursor.Current))
        {
            type = ParseTypeName().Type;
        }
        else if (_cursor.Is("("))
        {
            type = FieldOfNull();
        }
        else if (_cursor.Current.Kind == TokenKind.Text)
        {
            type = Text();
        }
        else
        {
            throw _cursor.Current.IsName
                ? NoType(word, _cursor.Current)
                : _cursor.Current.Error($"expected a type after '{word.Text}(', found {_cursor.Current.Quoted}.");
        }

        _cursor.Expect(")", $"after the type of '{word.Text}'");
        _cursor.Leave();
        return type.IsComplete ? type : throw place.Error($"'{type.Name}' has no size here; expected a complete type.");
    }

    // A variable, a field or a type that isn't known: variables aren't kept.
    private ShmDefinitionException NoType(Token word, Token name) => _scope.FailureOf(name.Text)
        ?? name.Error(
            $"'{name.Text}' isn't a known type here; '{word.Text}' takes a type, as in '{word.Text}(int)', or a "
                + $"field, as in '{word.Text}(((struct s *)0)->field)', but not a variable.");

    /// <summary>Adjacent string constants, as the array they form.</summary>
    private ShmType Text()
    {
        var length = 1;
        while (_cursor.Current.Kind == TokenKind.Text)
        {
            if (_cursor.Current.IsWide)
            {
                throw _cursor.Current.Error("the size of wide text isn't known here; give the number of its bytes.");
            }

            length += CharacterConstant.CountBytes(_cursor.Advance());
        }

        return ShmType.ArrayOf(_known.Char, length);
    }

    /// <summary><c>((struct s *)0)->field</c>, behind the parenthesis of sizeof.</summary>
    private ShmType FieldOfNull()
    {
        _cursor.Advance();
        _cursor.Expect("(", "for a cast to a pointer");
        var place = _cursor.Current;
        var type = ParseSpecifiers().Type.Type;
        _cursor.Expect("*", "for a cast to a pointer");
        _cursor.Expect(")", "after the type of a cast");
        ConstantExpression.Evaluate(_cursor, this);
        _cursor.Expect(")", "after the pointer");
        _cursor.Expect("->", "after the pointer");
        return Designator(place, type).Type;
    }

    private CValue OffsetOf()
    {
        _cursor.Advance();
        _cursor.Expect("(", "after 'offsetof'");
        var place = _cursor.Current;
        var type = ParseTypeName().Type;
        _cursor.Expect(",", "after the type of 'offsetof'");
        (_, var offset) = Designator(place, type);
        _cursor.Expect(")", "after the field of 'offsetof'");
        return CValue.SizeOf(offset);
    }

    /// <summary>A field path such as <c>a.b[2].c</c>.</summary>
    private (ShmType Type, long Offset) Designator(Token place, ShmType type)
    {
        if (!type.IsComplete)
        {
            throw place.Error($"'{type.Name}' is not complete here; expected its definition above.");
        }

        long offset = 0;
        do
        {
            var name = _cursor.ExpectName("the name of a field");
            var field = type.FindField(name.Text);
            field = field?.Name == name.Text ? field : null;

            if (field is null || field.BitWidth is not null)
            {
                throw name.Error(
                    field is null ? $"'{type.Name}' has no field '{name.Text}'." : $"'{name.Text}' is a bit-field.");
            }

            offset += field.Offset;
            type = field.Type;
            while (_cursor.Is("[") && type.Kind == ShmTypeKind.Array)
            {
                _cursor.Advance();
                var index = _cursor.Current;
                var value = ConstantExpression.Evaluate(_cursor, this);
                _cursor.Expect("]", "after the index");
                if (value.IsNegative || (!type.IsFlexible && value.Exact > type.Count)
                    || value.Exact > ShmType.MaximumSize)
                {
                    throw index.Error($"the index {value} is beyond the array.");
                }

                offset += (long)Int128.Min(value.Exact * type.ElementType!.Size, ShmType.MaximumSize);
                type = type.ElementType!;
            }
        }
        while (_cursor.Accept("."));
        return (type, offset);
    }
}
