using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: structs and unions and their members.</summary>
internal sealed partial class DeclarationParser
{
    /// <summary>
    /// Bounds the fields of all structs (those of anonymous structs count in each enclosing one) by the number of
    /// tokens, so that time only grows with the text.
    /// </summary>
    private const int SpareFields = 20_000;

    private TypeName ParseRecord(Specifiers specifiers)
    {
        var keyword = _cursor.Advance();
        var isClass = keyword.Is("class");
        var word = isClass ? "struct" : keyword.Text;
        var kind = word == "union" ? ShmTypeKind.Union : ShmTypeKind.Struct;
        var attributes = new Attributes();
        AcceptAttributes(attributes);
        var tag = _cursor.Current.IsName ? _cursor.Advance() : null;
        AcceptAttributes(attributes);
        _cursor.Accept("final");
        if (tag is null && !_cursor.Is("{"))
        {
            throw _cursor.Current.Error($"expected a name or '{{' after '{word}', found {_cursor.Current.Quoted}.");
        }

        var bases = tag is not null && _cursor.Is(":") && _cursor.Next.IsName ? ParseBases() : [];
        var spelling = tag is null ? word : $"{word} {tag.Text}";
        var record = DeclareTag(tag, kind, defines: _cursor.Is("{"));
        if (!_cursor.Is("{"))
        {
            return new TypeName(record, spelling);
        }

        specifiers.Defines = true;
        try
        {
            Define(record, bases, attributes, tag ?? keyword, isClass);
        }
        catch (ShmDefinitionException error) when (_isLenient && tag is not null)
        {
            _scope.Fail(tag.Text, error);
            throw;
        }

        return new TypeName(record, spelling);
    }

    /// <summary>What stands in the braces.</summary>
    private void Define(ShmType record, List<ShmType> bases, Attributes attributes, Token place, bool isClass)
    {
        var open = _cursor.Advance();
        _cursor.Enter();
        var outer = _facts;
        _facts = new ClassFacts { IsOpen = !isClass };
        var members = ParseMembers(record, open);
        _cursor.Leave();
        AcceptAttributes(attributes);
        foreach (var member in members)
        {
            _fieldCount += member.Name is null ? member.Type.Type.Fields.Count : 1;
        }

        if (_fieldCount > SpareFields + _tokenCount)
        {
            throw place.Error(
                $"more than {SpareFields + _tokenCount} fields, those of anonymous structs counted in each around "
                    + "them.");
        }

        CheckNames(members);

        // In C++ no object is empty.
        var isEmpty = _isCxx && members.Count == 0 && bases.TrueForAll(static parent => parent.IsEmptyClass);
        if (isEmpty)
        {
            members.Add(new Member(null, new TypeName(KnownTypes.UnsignedChar, ""), 8, new Attributes(), place));
        }

        if (bases.Exists(static parent => parent.IsEmptyClass))
        {
            RefuseEmptyFields(members);
        }

        var facts = _facts;
        _facts = outer;
        RecordLayout.Complete(record, members, _abi, attributes, _pack.Limit, place, isEmpty ? [] : bases);
        if (_isCxx)
        {
            NoteClass(record, members, bases, facts, isEmpty);
        }

        _scope.Records.Add(record);
    }

    private ShmType DeclareTag(Token? tag, ShmTypeKind kind, bool defines)
    {
        if (tag is null)
        {
            return new ShmType(kind, "", 0, 1);
        }

        var known = _scope.FindTag(tag.Text);
        if (known is not null && (_scope.Declares(tag.Text) || !defines))
        {
            if (known.Kind != kind)
            {
                throw tag.Error($"'{tag.Text}' is another kind of type already.");
            }

            if (known.IsComplete && defines)
            {
                throw tag.Error($"'{tag.Text}' is defined twice.");
            }

            return known;
        }

        var type = new ShmType(kind, tag.Text, 0, 1);
        _scope.AddTag(type);
        return type;
    }

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
            if (members[i].Type.Type.IsFlexible && (i < members.Count - 1 || record.Kind == ShmTypeKind.Union))
            {
                throw members[i].Place.Error(
                    $"the array '{members[i].Name}' without a size has to be the last field of a struct.");
            }
        }

        return members;
    }

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
            var declarator = _cursor.Is(":")
                ? new Declarator(null, specifiers.Type, new Attributes())
                : ParseDeclarator(specifiers.Type, named: true);
            declarator.Attributes.Add(specifiers.Attributes);
            if (declarator.Type.Type == FunctionType && AcceptFunctionEnd())
            {
                return;
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
                members.Add(CheckedMember(record, declarator, width, place));
            }

            SkipMemberInitializer(specifiers, declarator);
        }
        while (_cursor.Accept(","));
        _cursor.Expect(";", "after the field");
    }

    private void SkipMemberInitializer(Specifiers specifiers, Declarator declarator)
    {
        if (_cursor.Is("=") && specifiers is { IsStatic: true, IsConstant: true }
            && declarator.Type.Type.Kind is ShmTypeKind.Number)
        {
            TryDefineConstant(declarator);
        }

        SkipInitializer();
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

    /// <summary>Field names must be unique, including those of anonymous structs and unions.</summary>
    private static void CheckNames(List<Member> members)
    {
        var names = new HashSet<string>(members.Count, StringComparer.Ordinal);
        foreach (var member in members)
        {
            if (member.Name is not null)
            {
                if (!names.Add(member.Name))
                {
                    throw member.Place.Error($"there is a field '{member.Name}' already.");
                }

                continue;
            }

            if (member.Width is not null)
            {
                continue;
            }

            foreach (var field in member.Type.Type.Fields)
            {
                if (!names.Add(field.Name))
                {
                    throw member.Place.Error($"there is a field '{field.Name}' already.");
                }
            }
        }
    }
}
