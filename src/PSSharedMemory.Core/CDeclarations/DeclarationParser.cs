using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// Reads the declarations of a translation unit. Functions and variables are passed over; types and constants are kept.
/// This part: what stands at the outermost level.
/// </summary>
internal sealed partial class DeclarationParser
{
    private readonly Abi _abi;
    private readonly KnownTypes _known;
    private readonly PackState _pack = new();
    private readonly TokenCursor _cursor;
    private readonly Scope _scope;
    private readonly bool _isCxx;
    private readonly int _tokenCount;
    private long _fieldCount;

    private DeclarationParser(List<Token> tokens, Abi abi, KnownTypes known, CancellationToken cancellation)
    {
        _isCxx = IsCxx(tokens);
        _tokenCount = tokens.Count;
        _abi = abi;
        _known = known;
        _scope = new Scope(known);
        _cursor = new TokenCursor(tokens, _pack, cancellation);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The declarations.</param>
    /// <param name="abi">The architecture's rules.</param>
    /// <param name="isLenient">
    /// Whether a declaration that can't be laid out is skipped and only an error for what needs it.
    /// </param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="ShmDefinitionException">With the place, and what was expected there.</exception>
    public static ParsedDeclarations Parse(string text, Abi abi, bool isLenient, CancellationToken cancellation)
    {
        var macros = Prelude.Macros(abi);
        var tokens = Preprocessor.Run(text, macros, cancellation, isLenient);
        var parser = new DeclarationParser(tokens, abi, abi.Types, cancellation) { _isLenient = isLenient };
        parser._scope.IsUnicode = macros.ContainsKey("UNICODE") || macros.ContainsKey("_UNICODE");
        parser._scope.IsOfKernel = macros.ContainsKey(Preprocessor.KernelMark);
        parser._scope.HasIncludes = macros.ContainsKey(Preprocessor.IncludeMark);
        parser.All();
        return new ParsedDeclarations(parser._scope);
    }

    /// <summary>Reads a text on top of types that are known without it.</summary>
    public static Scope ReadScope(string text, Abi abi, KnownTypes known, CancellationToken cancellation)
    {
        var tokens = Preprocessor.Run(text, Prelude.Macros(abi), cancellation);
        var parser = new DeclarationParser(tokens, abi, known, cancellation);
        parser.All();
        return parser._scope;
    }

    /// <summary>Reads one type name and nothing else.</summary>
    public static ShmType ParseName(string text, Abi abi)
    {
        var tokens = Preprocessor.Run(text, Prelude.Macros(abi), CancellationToken.None);
        var parser = new DeclarationParser(tokens, abi, abi.Types, CancellationToken.None);
        var first = parser._cursor.Current;
        var type = parser.ParseTypeName();
        if (!parser._cursor.AtEnd)
        {
            throw parser._cursor.Current.Error($"expected the end of the type, found {parser._cursor.Current.Quoted}.");
        }

        return type.Type.IsComplete
            ? type.Type.Variant(name: type.Spelling)
            : throw first.Error($"'{type.Spelling}' has no size.");
    }

    private void All()
    {
        while (!_cursor.AtEnd)
        {
            Recoverable();
        }
    }

    private void ExternalDeclaration()
    {
        if (_cursor.Accept(";"))
        {
            return;
        }

        if (AcceptStaticAssertion())
        {
            return;
        }

        if (_cursor.Is("extern") && _cursor.Next.Kind == TokenKind.Text)
        {
            LinkageBlock();
            return;
        }

        RefuseTemplate();
        if (AcceptNamespace() || AcceptUsing())
        {
            return;
        }

        Declaration();
    }

    /// <summary><c>extern "C"</c>, with one declaration or a block of them.</summary>
    private void LinkageBlock()
    {
        _cursor.Advance();
        _cursor.Advance();
        if (!_cursor.Is("{"))
        {
            Declaration();
            return;
        }

        Block();
    }

    /// <summary>Declarations in braces, which form no scope of their own here.</summary>
    private void Block()
    {
        var open = _cursor.Advance();
        _cursor.Enter();
        while (!_cursor.Accept("}"))
        {
            if (_cursor.AtEnd)
            {
                throw open.Error("this block is never closed; expected '}'.");
            }

            Recoverable();
        }

        _cursor.Leave();
    }

    private void Declaration()
    {
        var specifiers = ParseSpecifiers();
        if (_cursor.Accept(";"))
        {
            return;
        }

        while (true)
        {
            var declarator = ParseDeclarator(specifiers.Type, named: true);
            declarator.Attributes.Add(specifiers.Attributes);
            if (specifiers.IsTypedef)
            {
                DefineTypedef(declarator);
            }
            else if (FinishVariable(specifiers, declarator))
            {
                return;
            }

            if (!_cursor.Accept(","))
            {
                break;
            }
        }

        _cursor.Expect(";", "after the declaration");
    }

    private void DefineTypedef(Declarator declarator)
    {
        var type = declarator.Type;
        if (type.Type.IsRecord || type.Type.Kind == ShmTypeKind.Enumeration)
        {
            NameAnonymous(type.Type, declarator.Name!.Text);
        }

        if (declarator.Attributes.Alignment > 0)
        {
            if (!type.Type.IsComplete)
            {
                throw declarator.Name!.Error($"'{type.Spelling}' is not complete here, so that it cannot be aligned.");
            }

            type = type with { Type = type.Type.Variant(alignment: declarator.Attributes.Alignment) };
        }

        _scope.AddTypedef(declarator.Name!, type);
    }

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

        if ((_cursor.Is("=") || (_isCxx && _cursor.Is("{"))) && specifiers.IsConstant
            && declarator.Type.Type.Kind is ShmTypeKind.Number or ShmTypeKind.Boolean or ShmTypeKind.Enumeration)
        {
            TryDefineConstant(declarator);
        }

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
            throw name.Error(
                $"'{name.Text}' would be a variable here; if it is a macro, give its '#define' as well, as in '#define "
                    + $"{name.Text} __attribute__((packed))'.");
        }
    }

    private static bool SpeaksOfLayout(string name) =>
        name.Trim('_').ToUpperInvariant() is "PACK" or "ALIGN" or "PACKED" or "ALIGNED"
        || name.Contains("packed", StringComparison.OrdinalIgnoreCase)
        || name.Contains("aligned", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// <c>static const int Count = 16;</c> counts as a constant, as in C++; anything else is skipped.
    /// </summary>
    private void TryDefineConstant(Declarator declarator)
    {
        var start = _cursor.Position;
        var isBraced = _cursor.Advance().Is("{");
        try
        {
            var value = ConstantExpression.Evaluate(_cursor, this);
            if (isBraced ? _cursor.Accept("}") : _cursor.Is(",") || _cursor.Is(";"))
            {
                _scope.Constants[declarator.Name!.Text] = value.Cast(
                    declarator.Type.Type.Size, declarator.Type.Type.IsSigned);
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

    private bool AcceptStaticAssertion()
    {
        if (!_cursor.Is("_Static_assert") && !_cursor.Is("static_assert"))
        {
            return false;
        }

        var place = _cursor.Advance();
        _cursor.Expect("(", "after the static assertion");
        var value = ConstantExpression.Evaluate(_cursor, this);
        var message = "";
        if (_cursor.Accept(","))
        {
            while (_cursor.Current.Kind == TokenKind.Text)
            {
                message += _cursor.Advance().Text;
            }
        }

        _cursor.Expect(")", "after the static assertion");
        _cursor.Expect(";", "after the static assertion");
        if (!value.IsTrue)
        {
            throw place.Error($"the static assertion does not hold{(message.Length > 0 ? ": " + message : ".")}");
        }

        return true;
    }

    private static void NameAnonymous(ShmType type, string name)
    {
        if (type.Name.Length == 0)
        {
            type.Name = name;
        }
    }
}
