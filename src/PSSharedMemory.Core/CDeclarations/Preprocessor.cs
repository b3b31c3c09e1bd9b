using System;
using System.Collections.Generic;
using System.Threading;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// Follows <c>#define</c>, <c>#undef</c> and <c>#if</c>, keeps <c>#pragma pack</c> in its place, and passes over
/// <c>#include</c>, other pragmas, <c>#line</c>, <c>#ident</c> and <c>#warning</c>.
/// </summary>
internal sealed class Preprocessor
{
    /// <summary>A macro that no text can name: marks a skipped #include.</summary>
    public const string IncludeMark = "#include";

    /// <summary>The same for one of a header of the kernel.</summary>
    public const string KernelMark = "#include <linux/>";

    /// <summary>The same for one of X11.</summary>
    public const string X11Mark = "#include <X11/>";

    private static readonly Macro NoBody = new(null, []);

    private readonly List<Token> _source;
    private readonly List<Token> _output = [];
    private readonly Dictionary<string, Macro> _macros;
    private readonly MacroExpander _expander;
    private readonly Conditionals _conditionals;
    private int _index;

    private readonly bool _isLenient;
    private readonly CancellationToken _cancellation;

    private Preprocessor(
        List<Token> source, Dictionary<string, Macro> macros, bool isLenient, CancellationToken cancellation)
    {
        _source = source;
        _macros = macros;
        _isLenient = isLenient;
        _cancellation = cancellation;
        _expander = new MacroExpander(macros, source.Count, cancellation);
        _conditionals = new Conditionals(macros, _expander);
    }

    /// <param name="text">Declarations.</param>
    /// <param name="macros">The macros that are known; those that the text defines are added.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <param name="isLenient">
    /// Whether what cannot be followed becomes an invalid token, which is only an error for what needs it.
    /// </param>
    public static List<Token> Run(
        string text, Dictionary<string, Macro> macros, CancellationToken cancellation, bool isLenient = false)
    {
        var preprocessor = new Preprocessor(Lexer.Run(text), macros, isLenient, cancellation);
        preprocessor.Run();
        return preprocessor._output;
    }

    private void Run()
    {
        while (_source[_index].Kind != TokenKind.End)
        {
            var start = _index;
            try
            {
                Step(_source[_index]);
            }
            catch (ShmDefinitionException error) when (_isLenient && !_expander.IsExhausted)
            {
                _output.Add(
                    _source[start] with
                    {
                        Kind = TokenKind.Invalid,
                        Text = error.Problem,
                        Line = error.Line,
                        Column = error.Column
                    });
                _index = Math.Max(_index, start + 1);
            }
        }

        _conditionals.CheckClosed();
        _output.Add(_source[_index]);
        if (!_isLenient)
        {
            CheckProduced();
        }
    }

    private void Step(Token token)
    {
        if ((_index & 1023) == 0)
        {
            _cancellation.ThrowIfCancellationRequested();
        }

        if (token.StartsLine && token.Is("#"))
        {
            Directive();
        }
        else if (_conditionals.Skipping)
        {
            _index++;
        }
        else if (token.Is("_Pragma") || token.Is("__pragma"))
        {
            PragmaOperator();
        }
        else if (token.Kind == TokenKind.Invalid)
        {
            throw token.Error(token.Text);
        }
        else
        {
            _index = _expander.Take(_source, _index, _output);
        }
    }

    private void CheckProduced()
    {
        foreach (var token in _output)
        {
            if (token.Kind == TokenKind.Invalid)
            {
                throw token.Error(token.Text);
            }
        }
    }

    private void Directive()
    {
        _index++;
        var line = new List<Token>();
        while (_source[_index].Kind != TokenKind.End && !_source[_index].StartsLine)
        {
            line.Add(_source[_index++]);
        }

        if (line.Count == 0)
        {
            return;
        }

        var name = line[0];
        line.RemoveAt(0);
        switch (name.Text)
        {
            case var _ when _conditionals.Take(name, line) || _conditionals.Skipping:
                break;
            case "define":
                (var defined, var macro) = Macro.Read(name, line);
                _macros[defined] = macro;
                break;
            case "undef":
                _macros.Remove(Macro.NameIn(name, line).Text);
                break;
            case "error":
                throw name.Error("'#error' is reached: " + string.Join(' ', line.ConvertAll(token => token.Text)));
            case "pragma":
                Pragma(name, line);
                break;
            case "include" or "include_next" or "import":
                NoteInclude(name, line);
                break;
            case "line" or "ident" or "warning":
                break;
            case var _ when name.Kind == TokenKind.Number:
                break;
            default:
                throw name.Error($"unknown directive '#{name.Text}'.");
        }
    }

    /// <summary>
    /// Includes aren't followed, but recorded as a macro. Those that only pack are as good as a pragma.
    /// </summary>
    private void NoteInclude(Token directive, List<Token> line)
    {
        if (PackPragma.OfHeader(line) is { } pack)
        {
            _output.Add(directive with { Kind = TokenKind.Pack, Pack = pack });
            return;
        }

        _macros[IncludeMark] = NoBody;
        var isKernel = line.Count > 1 && line[0].Is("<") && line[1].Text is "linux" or "asm" or "asm-generic";
        if (isKernel)
        {
            _macros[KernelMark] = NoBody;
        }

        if (line.Count > 1 && line[0].Is("<") && line[1].Is("X11"))
        {
            _macros[X11Mark] = NoBody;
        }
    }

    /// <summary><c>_Pragma("pack(1)")</c>, or <c>__pragma(pack(1))</c> of Microsoft's compiler.</summary>
    private void PragmaOperator()
    {
        var place = _source[_index];
        if (_index + 3 < _source.Count && _source[_index + 1].Is("(") && _source[_index + 2].Kind == TokenKind.Text
            && _source[_index + 3].Is(")") && place.Is("_Pragma"))
        {
            var line = Lexer.Run(_source[_index + 2].Text);
            line.RemoveAt(line.Count - 1);
            _index += 4;
            Pragma(place, line.ConvertAll(token => token with { Line = place.Line, Column = place.Column }));
            return;
        }

        var end = _index + 1;
        var depth = 0;
        do
        {
            var token = _source[end];
            if (place.Is("_Pragma") || token.Kind == TokenKind.End || (depth == 0 && !token.Is("(")))
            {
                throw place.Error(place.Is("_Pragma") ? "expected _Pragma(\"...\")." : "expected __pragma(...).");
            }

            depth += token.Is("(") ? 1 : token.Is(")") ? -1 : 0;
            end++;
        }
        while (depth > 0);
        var words = _source.GetRange(_index + 2, end - _index - 3);
        _index = end;
        Pragma(place, words);
    }

    private void Pragma(Token directive, List<Token> line)
    {
        if (line.Count == 0)
        {
            return;
        }

        if (PackPragma.ChangesOtherwise(line))
        {
            throw line[0].Error($"'#pragma {line[0].Text}' changes the layout in a way that is not supported here.");
        }

        if (!line[0].Is("pack"))
        {
            return;
        }

        // gcc ignores such a pragma and clang follows it: the layout would be one of two.
        if (line.Find(token => token.IsName && _macros.ContainsKey(token.Text)) is { } macro)
        {
            throw macro.Error(
                $"gcc doesn't replace the macro '{macro.Text}' in '#pragma pack', clang does; expected the number.");
        }

        if (PackPragma.Read(line[0], line.GetRange(1, line.Count - 1)) is { } pack)
        {
            _output.Add(directive with { Kind = TokenKind.Pack, Pack = pack });
        }
    }
}
