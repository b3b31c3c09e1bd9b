using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// This part: functions in a struct, which are passed over. Virtual ones, whose hidden pointer means nothing in another
/// process, are errors.
/// </summary>
internal sealed partial class DeclarationParser
{
    /// <summary>
    /// What may follow a function's parameters. Anything else is a sign that this is no function but a macro for a
    /// type: <c>unsigned BITS(12) a;</c>
    /// </summary>
    private static readonly HashSet<string> FunctionWords = new(System.StringComparer.Ordinal)
    {
        "const", "volatile", "noexcept", "override", "final", "throw", "try", "requires", "__attribute__", "asm",
        "__asm__", "mutable", "Q_DECL_OVERRIDE", "Q_DECL_NOTHROW", "_NOEXCEPT", "NOEXCEPT",
    };

    /// <summary>Skips constructors, destructors, conversions and friends.</summary>
    private bool AcceptSpecialFunction(ShmType record)
    {
        var token = _cursor.Current;
        var next = _cursor.Next;
        if (token.Is("virtual") && (next.IsName || next.Is("~")))
        {
            throw token.Error(
                "a struct with virtual functions begins with a hidden pointer that means nothing in another process; "
                    + "its layout is not supported here.");
        }

        var start = _cursor.Position;
        if (AcceptTemplate())
        {
            var skipped = _cursor.Slice(start, _cursor.Position);
            for (var i = 1; i < skipped.Count; i++)
            {
                _facts.HasDefaultedFunctions |= skipped[i].Is("(") && skipped[i - 1].Is(record.Name);
            }

            return true;
        }

        if (token.Is("friend") && next.IsName)
        {
            SkipToSemicolon();
            return true;
        }

        var constructs = token.IsName && token.Text == record.Name && next.Is("(");
        if (!constructs && !token.Is("~") && !(token.Is("operator") && next.IsName)
            && !(token.Is("explicit") && next.IsName)
            && !(token.Is("auto") && next.Is("operator"))
            && !((token.Is("auto") || (token.Is("constexpr") && next.Is(record.Name))) && next.IsName
                && _cursor.Ahead(2).Is("(")))
        {
            return false;
        }

        var special = constructs || token.Is("~") || next.Is(record.Name) || _cursor.Ahead(2).Is(record.Name);
        while (!_cursor.Is("(") && !_cursor.AtEnd)
        {
            _cursor.Advance();
        }

        _cursor.SkipBalanced();

        // '= default' leaves a class as plain as it is for some compilers, and some versions of C++.
        var isDefaulted = _cursor.Is("=") && (_cursor.Next.Is("default") || _cursor.Next.Is("delete"));
        _facts.HasSpecialFunctions |= special && !isDefaulted;
        _facts.HasDefaultedFunctions |= special && isDefaulted;
        if (!AcceptFunctionEnd())
        {
            _cursor.Expect(";", "after a function");
        }

        return true;
    }

    /// <summary>
    /// Whether a '&amp;' belongs to a function's return type: fields cannot be references, but functions don't matter.
    /// </summary>
    private bool ReturnsReference() => _cursor.Next.IsName && (_cursor.Ahead(2).Is("(") || _cursor.Next.Is("operator"));

    /// <summary>Skips what follows "operator" in a function's name.</summary>
    private void SkipOperator(Token name)
    {
        if (!name.Is("operator") || _cursor.Current.Kind != TokenKind.Punctuator || _cursor.Is(";"))
        {
            return;
        }

        // Only some compilers take a class that says how it's assigned for a plain one.
        _facts.HasDefaultedFunctions |= _cursor.Is("=") && _cursor.Next.Is("(");
        if (_cursor.Is("(") && _cursor.Next.Is(")"))
        {
            _cursor.Advance();
        }

        while (!_cursor.AtEnd && !_cursor.Next.Is("("))
        {
            _cursor.Advance();
        }

        _cursor.Advance();
    }

    /// <summary>
    /// Skips the rest of a function after its parameters. False for a bare prototype unless the text is known to be
    /// C++: in C it's probably meant as a function pointer.
    /// </summary>
    private bool AcceptFunctionEnd()
    {
        var plain = true;
        if (_cursor.Current.IsName && !FunctionWords.Contains(_cursor.Current.Text))
        {
            return false;
        }

        while (!_cursor.AtEnd)
        {
            if (_cursor.Is("{"))
            {
                _cursor.SkipBalanced();
                if (!_cursor.Is(",") && !_cursor.Is("{"))
                {
                    return true;
                }
            }
            else if (_cursor.Is("("))
            {
                _cursor.SkipBalanced();
            }
            else if (_cursor.Is(";"))
            {
                if (plain && !_isCxx)
                {
                    return false;
                }

                _cursor.Advance();
                return true;
            }
            else if (_cursor.Is("}") || (plain && _cursor.Is(",")))
            {
                return false;
            }
            else
            {
                _cursor.Advance();
            }

            plain = false;
        }

        return false;
    }
}
