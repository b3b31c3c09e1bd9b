namespace PSSharedMemory.CDeclarations;

/// <summary>
/// This part: types made of others in parentheses: <c>typeof</c>, <c>decltype</c> and <c>_Atomic</c>.
/// </summary>
internal sealed partial class DeclarationParser
{
    private static bool IsTypeOf(string word) =>
        word is "typeof" or "__typeof__" or "__typeof" or "typeof_unqual" or "decltype";

    /// <summary><c>typeof</c> of a type, of a field of a null pointer to a struct, or of an integer constant.</summary>
    private TypeName ParseTypeOf()
    {
        var word = _cursor.Advance();
        _cursor.Expect("(", $"after '{word.Text}'");
        _cursor.Enter();
        TypeName type;
        if (StartsType(_cursor.Current))
        {
            type = ParseTypeName();
        }
        else if (_cursor.Is("(") && _cursor.Next.Is("(")
            && (_cursor.Ahead(2).Text is "struct" or "union" or "const" || _scope.IsType(_cursor.Ahead(2).Text)))
        {
            var field = FieldOfNull();
            type = new TypeName(field, field.Name);
        }
        else
        {
            var value = ConstantExpression.Evaluate(_cursor, this);
            var number = value.IsLong
                ? value.IsUnsigned ? KnownTypes.UnsignedLong : KnownTypes.Long
                : value.IsUnsigned ? KnownTypes.UnsignedInt : KnownTypes.Int;
            type = new TypeName(number, number.Name);
        }

        _cursor.Leave();
        _cursor.Expect(")", $"after the type of '{word.Text}'");
        return type;
    }

    private TypeName ParseAtomicSpecifier()
    {
        var place = _cursor.Advance();
        _cursor.Expect("(", "after '_Atomic'");
        _cursor.Enter();
        var type = ParseTypeName();
        _cursor.Leave();
        _cursor.Expect(")", "after the type of '_Atomic'");
        return MakeAtomic(place, type);
    }

    private static TypeName MakeAtomic(Token place, TypeName type)
    {
        if (!type.Type.IsComplete || type.Type.Kind == ShmTypeKind.Array)
        {
            throw place.Error($"'{type.Spelling}' cannot be atomic.");
        }

        return new TypeName(
            KnownTypes.Atomic(type.Type), type.Type.IsAtomic ? type.Spelling : $"_Atomic({type.Spelling})");
    }
}
