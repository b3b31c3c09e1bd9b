using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: the members of a struct or union: fields, bit-fields and what isn't data.</summary>
internal sealed partial class DeclarationParser
{
    private List<Member> ParseMembers(ShmType record, Token open)
    {
        var members = new List<Member>();
        while (!_cursor.Accept("}"))
        {
            if (_cursor.Current.Kind == TokenKind.Invalid)
            {
                throw _cursor.Current.Error(_cursor.Current.Text);
            }

            if (_cursor.AtEnd)
            {
                throw _cursor.Current.Error(
                    $"expected '}}' to close the '{{' in line {open.Line}, found the end of the text.");
            }

            if (_cursor.Accept(";") || AcceptStaticAssertion() || AcceptAccessLabel() || AcceptUsing()
                || AcceptSpecialFunction(record))
            {
                continue;
            }

            NamingMember(record, members);
        }

        for (var i = 0; i < members.Count; i++)
        {
            if (members[i].Type.Type.IsFlexible && i < members.Count - 1 && record.Kind == ShmTypeKind.Struct)
            {
                throw members[i].Place.Error(
                    $"the array '{members[i].Name}' without a size has to be the last field of a struct.");
            }
        }

        return members;
    }

    // 'struct other;' only announces it.
    private static bool BeginsWithKeyword(Token first) =>
        first.Text is "struct" or "union" or "class" or "friend" or "typedef" or "typename";

    private bool AcceptAccessLabel()
    {
        if ((!_cursor.Is("public") && !_cursor.Is("private") && !_cursor.Is("protected")) || !_cursor.Next.Is(":"))
        {
            return false;
        }

        _facts.IsOpen = _cursor.Advance().Is("public");
        _cursor.Advance();
        return true;
    }

    private void ParseMember(ShmType record, List<Member> members)
    {
        var first = _cursor.Current;
        var specifiers = ParseSpecifiers();
        if (_cursor.Is(";"))
        {
            _cursor.Advance();
            if (specifiers.Defines && specifiers.Type.Type.IsRecord && specifiers.Type.Type.Name.Length == 0)
            {
                members.Add(new Member(null, specifiers.Type, null, specifiers.Attributes, first));
            }
            else if (specifiers.Type.Type.IsRecord && !specifiers.Defines && !BeginsWithKeyword(first))
            {
                throw _cursor.Current.Error(
                    $"'{specifiers.Type.Spelling};' declares no field: gcc passes over it, Microsoft's compiler puts the "
                        + $"fields of '{specifiers.Type.Spelling}' here. Give it a name, or write its fields.");
            }
            else if (!specifiers.Defines && !specifiers.Type.Type.IsRecord
                && specifiers.Type.Type.Kind != ShmTypeKind.Enumeration)
            {
                throw _cursor.Current.Error(
                    $"expected a name for the field of type '{specifiers.Type.Spelling}' before ';'.");
            }

            return;
        }

        do
        {
            var place = _cursor.Current;
            RefuseMacroCall(place);
            var declarator = _cursor.Is(":")
                ? new Declarator(null, specifiers.Type, new Attributes())
                : ParseDeclarator(specifiers.Type, named: true);
            declarator.Attributes.Add(specifiers.Attributes);
            if (declarator.Type.Type == FunctionType)
            {
                if (AcceptFunctionEnd())
                {
                    return;
                }

                RefuseUnknownMacro(declarator);
            }

            int? width = null;
            if (_cursor.Accept(":"))
            {
                width = ParseWidth(declarator);
            }

            AcceptAttributes(declarator.Attributes);
            if (specifiers.IsTypedef)
            {
                if (declarator.Name is null || width is not null)
                {
                    throw place.Error("a typedef cannot be a bit-field.");
                }

                DefineTypedef(declarator);
                continue;
            }

            if (!specifiers.IsStatic)
            {
                _facts.HasHidden |= !_facts.IsOpen;
                _facts.HasSpecialFunctions |= _cursor.Is("=") || _cursor.Is("{");
                declarator = declarator with { Type = Remade(declarator.Type, declarator.Attributes, place) };
                members.Add(CheckedMember(record, declarator, width, place));
            }

            if (specifiers.IsStatic)
            {
                TryDefineConstant(specifiers, declarator);
            }

            SkipInitializer();
        }
        while (_cursor.Accept(","));
        _cursor.Expect(";", "after the field");
    }

    /// <summary>No function's parameters begin with a number or text: <c>unsigned BITS(12);</c> is a macro.</summary>
    private void RefuseMacroCall(Token place)
    {
        if (place.IsName && _cursor.Next.Is("(")
            && _cursor.Ahead(2).Kind is TokenKind.Number or TokenKind.Text or TokenKind.Character)
        {
            throw place.Error($"'{place.Text}(...)' isn't a field; if it is a macro, give its '#define' as well.");
        }
    }

    private void RefuseUnknownMacro(Declarator declarator)
    {
        if (_cursor.Current.IsName)
        {
            throw _cursor.Current.Error(
                $"expected ';', found '{_cursor.Current.Text}'; if '{declarator.Name!.Text}' or "
                    + $"'{_cursor.Current.Text}' is a macro, give its '#define' as well.");
        }
    }

    private Member CheckedMember(ShmType record, Declarator declarator, int? width, Token place)
    {
        var type = declarator.Type.Type;
        place = declarator.Name ?? place;
        if (type == FunctionType)
        {
            throw place.Error(
                $"'{declarator.Name?.Text}' is a function; a struct has only data; expected a field or a pointer to a "
                    + "function.");
        }

        if (type == record)
        {
            throw place.Error(
                $"'{declarator.Name?.Text}' would hold '{declarator.Type.Spelling}' within itself; expected a "
                    + "pointer.");
        }

        if (!type.IsComplete)
        {
            throw _scope.FailureOf(type.Name)
                ?? place.Error(
                    $"'{declarator.Type.Spelling}' is not complete here; expected its definition above, or a "
                        + $"pointer.{_scope.IncludeHint}");
        }

        return new Member(declarator.Name?.Text, declarator.Type, width, declarator.Attributes, place);
    }

    private int ParseWidth(Declarator declarator)
    {
        var place = _cursor.Current;
        var type = declarator.Type.Type;
        if (type.Kind is not (ShmTypeKind.Number or ShmTypeKind.Boolean or ShmTypeKind.Enumeration)
            && !(type.Kind == ShmTypeKind.Character))
        {
            throw place.Error($"a bit-field has to be of an integer type, not '{declarator.Type.Spelling}'.");
        }

        if (type.IsAtomic)
        {
            throw place.Error("a bit-field cannot be atomic.");
        }

        if (!type.IsComplete)
        {
            throw place.Error($"'{declarator.Type.Spelling}' is not complete here; expected its definition above.");
        }

        var width = ConstantExpression.Evaluate(_cursor, this);
        var bits = type.Kind == ShmTypeKind.Boolean ? 1 : type.Size * 8;
        if (width.IsNegative || width.Exact > bits)
        {
            throw place.Error(
                $"the width of a bit-field of type '{declarator.Type.Spelling}' is 0 to {bits}, found {width}.");
        }

        if (!width.IsTrue && declarator.Name is not null)
        {
            throw place.Error(
                $"the bit-field '{declarator.Name.Text}' has no bits; expected a width of 1 to {bits}, or no name.");
        }

        return (int)width.Bits;
    }

    /// <summary>Refuses <c>int c::*m</c> and <c>int (c::*m)()</c> of C++.</summary>
    private void RefuseMemberPointer()
    {
        if (!_cursor.Current.IsName)
        {
            return;
        }

        var count = 1;
        while (_cursor.Ahead(count).Is("::") && _cursor.Ahead(count + 1).IsName)
        {
            count += 2;
        }

        if (_cursor.Ahead(count).Is("::") && _cursor.Ahead(count + 1).Is("*"))
        {
            throw _cursor.Current.Error(
                "a pointer to a member is an offset or a function's address that only its own program can follow; "
                    + "expected an integer such as 'long' (g++ takes 8 bytes for one to data, 16 for one to a "
                    + "function).");
        }
    }
}
