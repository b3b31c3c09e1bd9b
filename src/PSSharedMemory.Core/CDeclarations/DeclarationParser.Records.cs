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
        var attributes = new Attributes { Alignment = specifiers.Attributes.RecordAlignment };
        AcceptAttributes(attributes);
        if (_cursor.Current.IsName && AcceptQualifier() is { } path)
        {
            return QualifiedType(path);
        }

        var tag = _cursor.Current.IsName ? _cursor.Advance() : null;
        AcceptAttributes(attributes);
        _cursor.Accept("final");
        if (tag is null && !_cursor.Is("{"))
        {
            throw _cursor.Current.Error($"expected a name or '{{' after '{word}', found {_cursor.Current.Quoted}.");
        }

        List<ShmType> bases;
        try
        {
            bases = tag is not null && _cursor.Is(":") && _cursor.Next.IsName ? ParseBases() : [];
        }
        catch (ShmDefinitionException error) when (_isLenient)
        {
            _scope.Fail(tag!.Text, error);
            throw;
        }

        var spelling = tag is null ? word : $"{word} {tag.Text}";
        var record = DeclareTag(tag, kind, defines: _cursor.Is("{"));
        if (!_cursor.Is("{"))
        {
            return new TypeName(record, spelling);
        }

        specifiers.Defines = true;
        ShmDefinitionException? failure = null;
        try
        {
            Define(record, bases, attributes, tag ?? keyword, isClass);
        }
        catch (ShmDefinitionException error) when (_isLenient && tag is not null)
        {
            _scope.Fail(tag.Text, error);
            failure = error;
        }

        ThrowIfFailed(failure);
        return new TypeName(record, spelling);
    }

    /// <summary>What stands in the braces.</summary>
    private void Define(ShmType record, List<ShmType> bases, Attributes attributes, Token place, bool isClass)
    {
        var open = _cursor.Advance();
        _cursor.Enter();
        var outer = _facts;
        _facts = new ClassFacts { IsOpen = !isClass };
        var around = _scope.Path.Here;
        EnterClass(record, bases);
        var members = ParseMembers(record, open);
        _scope.Path.Here = around;
        _cursor.Leave();
        AcceptAttributes(attributes);
        foreach (var member in members)
        {
            _fieldCount += member.Name is null ? member.Type.Type.Fields.Count : 1;
        }

        if (_fieldCount > SpareFields + _tokenCount)
        {
            throw place.Error(
                $"more than {SpareFields + _tokenCount} fields, counting those of anonymous structs in each struct "
                    + "around them.");
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

        var known = defines ? _scope.VisibleTag(tag.Text) : _scope.FindTag(tag.Text);
        if (known is null || (defines && known.IsComplete && !_scope.DeclaresHere(tag.Text)))
        {
            var type = new ShmType(kind, tag.Text, 0, 1);
            _scope.AddTag(type, isMentioned: !defines);
            return type;
        }

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

    /// <summary>A struct with a tag is a scope: what it declares hides what's outside of it.</summary>
    private void EnterClass(ShmType record, List<ShmType> bases)
    {
        if (record.Name.Length == 0)
        {
            return;
        }

        _scope.Path.Enter(record.Name, isRecord: true);
        foreach (var parent in bases)
        {
            if (_scope.PathOf(parent) is { } path)
            {
                _scope.Path.AddBase(_scope.Path.Current, path);
            }
        }
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
