using System;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: variables and functions, which are passed over, and constants, which are kept.</summary>
internal sealed partial class DeclarationParser
{
    /// <summary>Skips what follows a variable or function; true if that ended the declaration.</summary>
    private bool FinishVariable(Specifiers specifiers, Declarator declarator)
    {
        CheckUnknownMacro(specifiers, declarator);
        NameAnonymous(specifiers.Type.Type, declarator.Name!.Text);
        if (declarator.Type.Type == FunctionType && _cursor.Is("{"))
        {
            _cursor.SkipBalanced();
            return true;
        }

        TryDefineConstant(specifiers, declarator);
        SkipInitializer();
        return false;
    }

    /// <summary>
    /// An undefined macro looks like a variable's name after a struct, or like the struct's tag before its real one:
    /// its effect on the layout would be lost silently.
    /// </summary>
    private void CheckUnknownMacro(Specifiers specifiers, Declarator declarator)
    {
        var name = declarator.Name!;
        if (specifiers.Type.Type.IsRecord && !specifiers.Type.Type.IsComplete && _cursor.Is("{"))
        {
            throw _cursor.Current.Error(
                $"expected ';', found '{{'; if '{specifiers.Type.Type.Name}' is a macro, give its '#define' as well.");
        }

        if (specifiers.Defines && declarator.Type.Type == specifiers.Type.Type && SpeaksOfLayout(name.Text))
        {
            var error = name.Error(
                $"'{name.Text}' would be a variable here; if it is a macro, give its '#define' as well, as in '#define "
                    + $"{name.Text} __attribute__((packed))'.");
            Withdraw(specifiers.Type.Type, error);
            throw error;
        }
    }

    /// <summary>What needs the struct gets the error, where the text is read on.</summary>
    private void Withdraw(ShmType record, ShmDefinitionException error)
    {
        if (record.Name.Length > 0)
        {
            _scope.Fail(record.Name, error);
        }

        record.Withdraw();
        _scope.Records.Remove(record);
    }

    private static bool SpeaksOfLayout(string name) =>
        name.Trim('_').ToUpperInvariant() is "PACK" or "ALIGN" or "PACKED" or "ALIGNED"
        || name.Contains("packed", StringComparison.OrdinalIgnoreCase)
        || name.Contains("aligned", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// <c>static const int Count = 16;</c> counts as a constant, as in C++; anything else is skipped.
    /// </summary>
    private void TryDefineConstant(Specifiers specifiers, Declarator declarator)
    {
        if (!specifiers.IsConstant || !(_cursor.Is("=") || _cursor.Is("{"))
            || (!specifiers.IsAuto && declarator.Type.Type.Kind is not (ShmTypeKind.Number or ShmTypeKind.Character
                or ShmTypeKind.Boolean or ShmTypeKind.Enumeration)))
        {
            return;
        }

        var start = _cursor.Position;
        var isBraced = _cursor.Advance().Is("{");
        try
        {
            var value = ConstantExpression.Evaluate(_cursor, this);
            if (isBraced ? _cursor.Accept("}") : _cursor.Is(",") || _cursor.Is(";"))
            {
                var type = declarator.Type.Type.ElementType ?? declarator.Type.Type;
                _scope.SetConstant(
                    declarator.Name!.Text,
                    type.Kind == ShmTypeKind.None ? value : value.Cast(type.Size, type.IsSigned));
            }
            else
            {
                _cursor.Return(start);
            }
        }
        catch (ShmDefinitionException)
        {
            // No constant: a variable like any other.
            _cursor.Return(start);
        }
    }

    private void SkipInitializer()
    {
        if (_cursor.Is("{"))
        {
            _cursor.SkipBalanced();
        }

        if (!_cursor.Accept("="))
        {
            return;
        }

        while (!_cursor.AtEnd && !_cursor.Is(",") && !_cursor.Is(";"))
        {
            if (_cursor.Is("(") || _cursor.Is("{") || _cursor.Is("["))
            {
                _cursor.SkipBalanced();
            }
            else
            {
                _cursor.Advance();
            }
        }
    }
}
