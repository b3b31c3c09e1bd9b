namespace PSSharedMemory.CDeclarations;

/// <summary>This part: <c>__attribute__</c>, <c>[[...]]</c> and <c>alignas</c>.</summary>
internal sealed partial class DeclarationParser
{
    /// <summary>What plain <c>aligned</c> means: the strictest alignment of a type, on both architectures.</summary>
    private const int StrictestAlignment = 16;

    /// <summary>Bytes: no processor has larger vectors.</summary>
    private const int MaximumVector = 1024;

    private const int MaximumAlignment = 1 << 28;

    private bool AcceptAttributes(Attributes attributes)
    {
        var any = false;
        while (true)
        {
            if (_cursor.Is("__attribute__") || _cursor.Is("__attribute"))
            {
                GnuAttributes(attributes);
            }
            else if (_cursor.Is("__declspec") || _cursor.Is("_declspec"))
            {
                Declspec(attributes);
            }
            else if (_cursor.Is("[") && _cursor.Next.Is("["))
            {
                StandardAttributes(attributes);
            }
            else if (_cursor.Is("_Alignas") || _cursor.Is("alignas"))
            {
                AlignmentSpecifier(attributes);
            }
            else
            {
                return any;
            }

            any = true;
        }
    }

    private void GnuAttributes(Attributes attributes)
    {
        _cursor.Advance();
        _cursor.Expect("(", "after '__attribute__'");
        _cursor.Expect("(", "after '__attribute__('");
        while (!_cursor.Is(")"))
        {
            if (_cursor.Is(","))
            {
                _cursor.Advance();
            }
            else
            {
                OneAttribute(attributes);
            }
        }

        _cursor.Advance();
        _cursor.Expect(")", "to close '__attribute__(('");
    }

    /// <summary><c>__declspec(align(16))</c> of Microsoft's compiler.</summary>
    private void Declspec(Attributes attributes)
    {
        _cursor.Advance();
        _cursor.Expect("(", "after '__declspec'");
        while (!_cursor.Is(")"))
        {
            var name = _cursor.ExpectName("'align' or another word of '__declspec'");
            if (name.Is("align"))
            {
                _cursor.Expect("(", "after 'align'");
                var place = _cursor.Current;
                Align(attributes, place, ConstantExpression.Evaluate(_cursor, this));
                attributes.RecordAlignment = attributes.Alignment;
                _cursor.Expect(")", "after the alignment");
            }
            else if (_cursor.Is("("))
            {
                _cursor.SkipBalanced();
            }
        }

        _cursor.Advance();
    }

    private void StandardAttributes(Attributes attributes)
    {
        _cursor.Advance();
        _cursor.Advance();
        while (!_cursor.Is("]"))
        {
            if (_cursor.Is(","))
            {
                _cursor.Advance();
            }
            else
            {
                OneAttribute(attributes);
            }
        }

        _cursor.Advance();
        _cursor.Expect("]", "to close '[['");
    }

    private void OneAttribute(Attributes attributes)
    {
        var name = _cursor.ExpectName("the name of an attribute");
        if (_cursor.Accept("::"))
        {
            name = _cursor.ExpectName("the name of an attribute");
        }

        switch (name.Text.Trim('_'))
        {
            case "packed":
                attributes.IsPacked = true;
                break;
            case "aligned" when _cursor.Is("("):
                _cursor.Advance();
                var place = _cursor.Current;
                Align(attributes, place, ConstantExpression.Evaluate(_cursor, this));
                _cursor.Expect(")", "after the alignment");
                return;
            case "aligned":
                attributes.Alignment = System.Math.Max(attributes.Alignment, StrictestAlignment);
                return;
            case "vector_size" when _cursor.Is("("):
                attributes.VectorSize = (int)VectorSize();
                return;
            case "mode" when _cursor.Is("("):
                _cursor.Advance();
                attributes.Mode = _cursor.ExpectName("a machine mode such as SI");
                _cursor.Expect(")", "after the mode");
                return;
            case "ext_vector_type" or "scalar_storage_order" or "ms_struct"
                or "randomize_layout" or "no_unique_address":
                throw name.Error(
                    $"the attribute '{name.Text}' changes the layout in a way that is not supported here.");
        }

        if (_cursor.Is("("))
        {
            _cursor.SkipBalanced();
        }
    }

    private long VectorSize()
    {
        _cursor.Advance();
        var place = _cursor.Current;
        var value = ConstantExpression.Evaluate(_cursor, this);
        _cursor.Expect(")", "after the size of a vector");
        return value.IsNegative || !value.IsTrue || value.Exact > MaximumVector || (value.Bits & (value.Bits - 1)) != 0
            ? throw place.Error($"the size of a vector is a power of two up to {MaximumVector} bytes, found {value}.")
            : value.Bits;
    }

    /// <summary>What mode and vector_size make of a number type.</summary>
    private static TypeName Remade(TypeName type, Attributes attributes, Token place)
    {
        if (attributes.Mode is { } mode)
        {
            type = type.Type.Kind is ShmTypeKind.Number or ShmTypeKind.FloatingPoint
                && KnownTypes.OfMode(mode.Text.Trim('_'), type.Type.IsSigned) is { } number
                ? type with { Type = number }
                : throw mode.Error($"the mode '{mode.Text}' of '{type.Spelling}' is not supported here.");
        }

        if (attributes.VectorSize == 0)
        {
            return type;
        }

        if (type.Type is not { Kind: ShmTypeKind.Number or ShmTypeKind.FloatingPoint, IsExtended: false }
            || attributes.VectorSize % type.Type.Size != 0)
        {
            throw place.Error($"'{type.Spelling}' cannot make a vector of {attributes.VectorSize} bytes.");
        }

        return type with { Type = KnownTypes.Vector(type.Type, attributes.VectorSize) };
    }

    private void AlignmentSpecifier(Attributes attributes)
    {
        var word = _cursor.Advance();
        _cursor.Expect("(", $"after '{word.Text}'");
        var place = _cursor.Current;
        if (AttemptType() is { } type)
        {
            attributes.Alignment = System.Math.Max(attributes.Alignment, type.Type.Alignment);
        }
        else
        {
            var value = ConstantExpression.Evaluate(_cursor, this);
            if (value.IsTrue)
            {
                Align(attributes, place, value);
            }
        }

        _cursor.Expect(")", "after the alignment");
    }

    private static void Align(Attributes attributes, Token place, CValue value)
    {
        if (value.IsNegative || value.Exact > MaximumAlignment || !value.IsTrue || (value.Bits & (value.Bits - 1)) != 0)
        {
            throw place.Error($"an alignment is a power of two from 1 to 2^28, found {value}.");
        }

        attributes.Alignment = System.Math.Max(attributes.Alignment, (int)value.Bits);
    }
}
