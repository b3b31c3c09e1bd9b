using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: what follows the specifiers: pointers, the name, arrays and functions around it.</summary>
internal sealed partial class DeclarationParser
{
    /// <summary>The most pointers, arrays and functions in one declarator.</summary>
    private const int MaximumModifiers = 200;

    /// <summary>A function: has no size and can only be pointed to.</summary>
    private static readonly ShmType FunctionType = new(ShmTypeKind.None, "function", 0, 1);

    private enum ModifierKind
    {
        Pointer,
        Function,
        Array,
    }

    private readonly record struct Modifier(
        ModifierKind Kind, Token Place, CValue Count = default, bool IsFlexible = false);

    /// <summary>The declared name, if any, and its complete type.</summary>
    private sealed record Declarator(Token? Name, TypeName Type, Attributes Attributes);

    private Declarator ParseDeclarator(TypeName baseType, bool named)
    {
        // From the name outwards: the first tells what the name is.
        var modifiers = new List<Modifier>();
        var attributes = new Attributes();
        var name = Modifiers(modifiers, attributes, named);
        var type = baseType;
        for (var i = modifiers.Count - 1; i >= 0; i--)
        {
            type = Apply(modifiers[i], type);
        }

        SkipAsmLabel();
        AcceptAttributes(attributes);
        return new Declarator(name, type, attributes);
    }

    private Token? Modifiers(List<Modifier> modifiers, Attributes attributes, bool named)
    {
        _cursor.Enter();
        var pointers = new List<Modifier>();
        RefuseMemberPointer();
        while (true)
        {
            var token = _cursor.Current;
            if (token.Is("*") || token.Is("&") || token.Is("&&"))
            {
                if (!token.Is("*") && !ReturnsReference())
                {
                    throw token.Error("a reference has no place in shared memory; expected a pointer or a value.");
                }

                pointers.Add(new Modifier(ModifierKind.Pointer, _cursor.Advance()));
                CheckCount(token, pointers);
            }
            else if (token.IsName && (IsQualifier(token.Text) || (token.Is("_Atomic") && !_cursor.Next.Is("("))))
            {
                _cursor.Advance();
            }
            else if (!AcceptAttributes(attributes))
            {
                break;
            }
        }

        Token? name = null;
        if (_cursor.Is("(") && (named || StartsInnerDeclarator(_cursor.Next)))
        {
            _cursor.Advance();
            name = Modifiers(modifiers, attributes, named);
            _cursor.Expect(")", "to close the declarator");
        }
        else if (named)
        {
            name = _cursor.ExpectName("a name");
            if (IsReserved(name.Text))
            {
                throw name.Error($"expected a name, found '{name.Text}'.");
            }

            SkipOperator(name);
        }

        Suffixes(modifiers, attributes);
        pointers.Reverse();
        modifiers.AddRange(pointers);
        CheckCount(_cursor.Current, modifiers);
        _cursor.Leave();
        return name;
    }

    private static bool StartsInnerDeclarator(Token next) =>
        next.Is("*") || next.Is("(") || next.Is("[") || next.Is("__attribute__");

    private void Suffixes(List<Modifier> modifiers, Attributes attributes)
    {
        while (true)
        {
            var token = _cursor.Current;
            AcceptAttributes(attributes);
            if (_cursor.Is("("))
            {
                _cursor.SkipBalanced();
                modifiers.Add(new Modifier(ModifierKind.Function, token));
            }
            else if (_cursor.Is("["))
            {
                _cursor.Advance();
                var flexible = _cursor.Is("]");
                var place = _cursor.Current;
                var count = flexible ? default : ConstantExpression.Evaluate(_cursor, this);
                _cursor.Expect("]", "after the size of the array");
                modifiers.Add(new Modifier(ModifierKind.Array, place, count, flexible));
            }
            else
            {
                return;
            }

            CheckCount(token, modifiers);
        }
    }

    private static void CheckCount(Token place, List<Modifier> modifiers)
    {
        if (modifiers.Count > MaximumModifiers)
        {
            throw place.Error($"more than {MaximumModifiers} pointers, arrays and functions in one declarator.");
        }
    }

    private TypeName Apply(Modifier modifier, TypeName type)
    {
        switch (modifier.Kind)
        {
            case ModifierKind.Pointer:
                var target = type.Type == FunctionType
                    ? type.Spelling + " (*)()"
                    : type.Spelling + (type.Spelling.EndsWith('*') ? "*" : " *");
                return new TypeName(new ShmType(ShmTypeKind.Address, target, 8, 8), target);
            case ModifierKind.Function:
                return new TypeName(FunctionType, type.Spelling);
            default:
                return MakeArray(modifier.Place, type, modifier.Count, modifier.IsFlexible);
        }
    }

    private TypeName MakeArray(Token place, TypeName element, CValue count, bool flexible)
    {
        var type = element.Type;
        if (!type.IsComplete)
        {
            throw _scope.FailureOf(type.Name)
                ?? place.Error(
                    $"'{element.Spelling}' is not complete here; expected its definition above.{_scope.IncludeHint}");
        }

        if (type.IsFlexible)
        {
            throw place.Error("only the first dimension of an array may be left open.");
        }

        if (count.IsNegative)
        {
            throw place.Error($"the size of an array is negative: {count}.");
        }

        if (count.Exact > ShmType.MaximumSize || (type.Size > 0 && count.Exact > ShmType.MaximumSize / type.Size))
        {
            throw place.Error($"the array is larger than 2^40 bytes: {count} elements of {type.Size} bytes.");
        }

        if (type.Size % type.Alignment != 0 && (flexible || count.Exact > 1))
        {
            throw place.Error(
                $"the alignment of '{element.Spelling}' ({type.Alignment}) does not divide its size ({type.Size}), so "
                    + "it cannot be in an array.");
        }

        var array = ShmType.ArrayOf(type, flexible ? 0 : count.Bits, flexible);
        if (array.Depth > ShmType.MaximumDepth)
        {
            throw place.Error($"structs and arrays within one another, deeper than {ShmType.MaximumDepth} levels.");
        }

        var dimension = flexible ? "[]" : $"[{count}]";
        var bracket = type.Kind == ShmTypeKind.Array ? element.Spelling.IndexOf('[', StringComparison.Ordinal) : -1;
        return new TypeName(array, element.Spelling.Insert(bracket < 0 ? element.Spelling.Length : bracket, dimension));
    }

    /// <summary>A type without a name: in sizeof, in a cast, in _Atomic(T).</summary>
    private TypeName ParseTypeName()
    {
        var specifiers = ParseSpecifiers();
        return ParseDeclarator(specifiers.Type, named: false).Type;
    }

    private void SkipAsmLabel()
    {
        while ((_cursor.Is("asm") || _cursor.Is("__asm__") || _cursor.Is("__asm")) && _cursor.Next.Is("("))
        {
            _cursor.Advance();
            _cursor.SkipBalanced();
        }
    }

    private static bool IsReserved(string word) => PlainWords.Contains(word) || IsQualifier(word)
        || word is "struct" or "union" or "enum" or "typedef" or "static" or "extern" or "sizeof" or "_Alignas"
            or "_Alignof" or "_Atomic"
            or "if" or "else" or "for" or "while" or "do" or "return" or "switch" or "case" or "default" or "break"
            or "continue" or "goto";
}
