using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: enumerations.</summary>
internal sealed partial class DeclarationParser
{
    private TypeName ParseEnumeration(Specifiers specifiers)
    {
        _cursor.Advance();
        var scoped = _cursor.Accept("class") || _cursor.Accept("struct");
        var attributes = new Attributes();
        AcceptAttributes(attributes);
        var tag = _cursor.Current.IsName ? _cursor.Advance() : null;
        AcceptAttributes(attributes);

        // A ':' after 'enum tag' belongs to a bit-field if no type follows; in "enum color tint : 3" the name comes
        // first.
        ShmType? number = null;
        if (_cursor.Is(":") && StartsType(_cursor.Next))
        {
            var place = _cursor.Advance();
            number = ParseSpecifiers().Type.Type;
            if (number.Kind is not (ShmTypeKind.Number or ShmTypeKind.Boolean or ShmTypeKind.Character))
            {
                throw place.Error("the type of an enumeration has to be an integer type.");
            }
        }

        if (!_cursor.Is("{"))
        {
            if (tag is null)
            {
                throw _cursor.Current.Error($"expected a name or '{{' after 'enum', found {_cursor.Current.Quoted}.");
            }

            return new TypeName(DeclareEnumeration(tag, number), $"enum {tag.Text}");
        }

        specifiers.Defines = true;
        try
        {
            return DefineEnumeration(tag, scoped, number, attributes);
        }
        catch (ShmDefinitionException error) when (_isLenient && tag is not null)
        {
            _scope.Fail(tag.Text, error);
            throw;
        }
    }

    private TypeName DefineEnumeration(Token? tag, bool scoped, ShmType? number, Attributes attributes)
    {
        var type = DeclareTag(tag, ShmTypeKind.Enumeration, defines: true);
        var enumerators = ParseEnumerators(tag, scoped);
        AcceptAttributes(attributes);
        if (attributes.Mode is { } mode)
        {
            throw mode.Error("an enumeration with a machine mode is not supported; give its type: 'enum e : short'.");
        }

        if (attributes.Alignment > 0)
        {
            throw (tag ?? _cursor.Current).Error("an aligned enumeration is not supported; align the field instead.");
        }

        number ??= scoped ? KnownTypes.Int : NumberFor(enumerators, attributes.IsPacked);
        type.CompleteEnumeration(number, enumerators);
        var complete = type;
        _scope.Others.Add(new TypeName(complete, tag?.Text ?? ""));
        return new TypeName(complete, tag is null ? "enum" : $"enum {tag.Text}");
    }

    private ShmType DeclareEnumeration(Token tag, ShmType? number)
    {
        var type = DeclareTag(tag, ShmTypeKind.Enumeration, defines: false);
        if (number is not null && !type.IsComplete)
        {
            type.CompleteEnumeration(number, []);
        }

        return type;
    }

    private List<KeyValuePair<string, Int128>> ParseEnumerators(Token? tag, bool isScoped)
    {
        var around = _scope.Path.Here;
        var ownPath = tag is null ? null : _scope.Path.Add(tag.Text);
        if (isScoped && tag is not null)
        {
            _scope.Path.Enter(tag.Text, isRecord: false);
        }

        var open = _cursor.Advance();
        var enumerators = new List<KeyValuePair<string, Int128>>();
        Int128 next = 0;
        while (!_cursor.Accept("}"))
        {
            if (_cursor.AtEnd)
            {
                throw _cursor.Current.Error(
                    $"expected '}}' to close the '{{' in line {open.Line}, found the end of the text.");
            }

            var name = _cursor.ExpectName("the name of an enumerator");
            AcceptAttributes(new Attributes());
            if (_cursor.Accept("="))
            {
                next = ConstantExpression.Evaluate(_cursor, this).Exact;
            }

            if (next > ulong.MaxValue)
            {
                throw name.Error($"the value of '{name.Text}' does not fit in 64 bits.");
            }

            if (!_scope.TryAddConstant(name.Text, CValue.Enumerator(next)))
            {
                throw name.Error($"there is a constant '{name.Text}' already.");
            }

            if (ownPath is not null)
            {
                _scope.SetConstantIn(ownPath, name.Text, CValue.Enumerator(next));
            }

            enumerators.Add(new KeyValuePair<string, Int128>(name.Text, next));
            next++;
            if (!_cursor.Is("}"))
            {
                _cursor.Expect(",", "or '}' after an enumerator");
            }
        }

        _scope.Path.Here = around;
        return enumerators;
    }

    /// <summary>
    /// The underlying type that gcc chooses for an enumeration: unsigned int, int if a value is negative, wider if
    /// necessary.
    /// </summary>
    private static ShmType NumberFor(List<KeyValuePair<string, Int128>> enumerators, bool packed)
    {
        Int128 least = 0;
        Int128 most = 0;
        foreach (var enumerator in enumerators)
        {
            least = Int128.Min(least, enumerator.Value);
            most = Int128.Max(most, enumerator.Value);
        }

        var signed = least < 0;
        ReadOnlySpan<ShmType> types = signed
            ? [KnownTypes.SignedChar, KnownTypes.Short, KnownTypes.Int, KnownTypes.Long]
            : [KnownTypes.UnsignedChar, KnownTypes.UnsignedShort, KnownTypes.UnsignedInt, KnownTypes.UnsignedLong];
        foreach (var type in types[(packed ? 0 : 2)..])
        {
            var bits = (int)type.Size * 8;
            var maximum = (Int128.One << (signed ? bits - 1 : bits)) - 1;
            if (most <= maximum && least >= (signed ? -maximum - 1 : 0))
            {
                return type;
            }
        }

        return types[^1];
    }
}
