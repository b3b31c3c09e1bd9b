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
    private readonly Scope _scope;
    private readonly bool _isCxx;
    private readonly int _tokenCount;
    private PackState _pack = new();
    private TokenCursor _cursor;
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
    /// Whether a declaration that cannot be laid out is skipped and only an error for what needs it.
    /// </param>
    /// <param name="cancellation">Ends it early.</param>
    /// <param name="instance">A template with its arguments that is wanted, such as <c>ring&lt;int, 8&gt;</c>.</param>
    /// <exception cref="ShmDefinitionException">With the place, and what was expected there.</exception>
    public static ParsedDeclarations Parse(
        string text, Abi abi, bool isLenient, CancellationToken cancellation, string? instance = null)
    {
        var macros = Prelude.Macros(abi);
        var tokens = Preprocessor.Run(text, macros, cancellation, isLenient);
        var parser = new DeclarationParser(tokens, abi, abi.Types, cancellation) { _isLenient = isLenient };
        parser._scope.IsUnicode = macros.ContainsKey("UNICODE") || macros.ContainsKey("_UNICODE");
        parser._scope.IsOfKernel = macros.ContainsKey(Preprocessor.KernelMark);
        parser._scope.IsOfX11 = macros.ContainsKey(Preprocessor.X11Mark);
        parser._scope.HasIncludes = macros.ContainsKey(Preprocessor.IncludeMark);
        parser.All();
        if (instance is not null)
        {
            var named = Preprocessor.Run(instance, macros, cancellation);
            var type = parser.WithTokens(named, 0, parser.ParseTypeName);
            parser._scope.Bind(instance, type);
        }

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
        if (_cursor.Is("}"))
        {
            throw _cursor.Current.Error("this '}' closes nothing.");
        }

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

        if (AcceptTemplate() || AcceptNamespace() || AcceptUsing())
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

        // At a prompt, the last semicolon is easily left out.
        if (_cursor.Accept(";") || (specifiers is { Defines: true, IsTypedef: false } && _cursor.AtEnd))
        {
            return;
        }

        if (specifiers.Defines
            && (_cursor.Is("}") || (_cursor.Current.IsName && IsReserved(_cursor.Current.Text))))
        {
            throw _cursor.Current.Error($"expected ';' after the '}}' before it, found {_cursor.Current.Quoted}.");
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
        var type = Remade(declarator.Type, declarator.Attributes, declarator.Name!);
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

    private bool AcceptStaticAssertion()
    {
        if (!_cursor.Is("_Static_assert") && !_cursor.Is("static_assert"))
        {
            return false;
        }

        var place = _cursor.Advance();
        if (!_cursor.Is("("))
        {
            throw _cursor.Current.Error($"expected '(' after '{place.Text}', found {_cursor.Current.Quoted}.");
        }

        var open = _cursor.Position;
        CValue value;
        try
        {
            _cursor.Advance();
            value = ConstantExpression.Evaluate(_cursor, this);
        }
        catch (ShmDefinitionException) when (_isCxx)
        {
            // About traits of a type, say. It only checks: no layout depends on it.
            _cursor.Return(open);
            _cursor.SkipBalanced();
            _cursor.Expect(";", "after the static assertion");
            return true;
        }

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
