using System;
using System.Collections.Generic;
using System.Globalization;
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

    private static readonly Macro NoBody = new(null, []);

    private readonly List<Token> _source;
    private readonly List<Token> _output = [];
    private readonly Dictionary<string, Macro> _macros;
    private readonly MacroExpander _expander;
    private readonly Stack<Conditional> _conditionals = new();
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
    }

    /// <param name="text">Declarations.</param>
    /// <param name="macros">The macros that are known; those that the text defines are added.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <param name="isLenient">
    /// Whether what can't be followed becomes an invalid token, which is only an error for what needs it.
    /// </param>
    public static List<Token> Run(
        string text, Dictionary<string, Macro> macros, CancellationToken cancellation, bool isLenient = false)
    {
        var preprocessor = new Preprocessor(Lexer.Run(text), macros, isLenient, cancellation);
        preprocessor.Run();
        return preprocessor._output;
    }

    private bool Skipping => _conditionals.TryPeek(out var conditional) && !conditional.Active;

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

        if (_conditionals.TryPeek(out var open))
        {
            throw open.Start.Error("this condition has no end; expected '#endif'.");
        }

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
        else if (Skipping)
        {
            _index++;
        }
        else if (token.Is("_Pragma"))
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
            case "if" or "ifdef" or "ifndef":
                OpenCondition(name, line);
                break;
            case "elif" or "elifdef" or "elifndef":
                Alternative(name, line);
                break;
            case "else":
                Otherwise(name);
                break;
            case "endif":
                if (!_conditionals.TryPop(out _))
                {
                    throw name.Error("'#endif' without '#if'.");
                }

                break;
            case var _ when Skipping:
                break;
            case "define":
                Define(name, line);
                break;
            case "undef":
                _macros.Remove(MacroName(name, line).Text);
                break;
            case "error":
                throw name.Error("'#error' is reached: " + string.Join(' ', line.ConvertAll(token => token.Text)));
            case "pragma":
                Pragma(name, line);
                break;
            case "include" or "include_next" or "import":
                NoteInclude(line);
                break;
            case "line" or "ident" or "warning":
                break;
            case var _ when name.Kind == TokenKind.Number:
                break;
            default:
                throw name.Error($"unknown directive '#{name.Text}'.");
        }
    }

    /// <summary>Includes aren't followed, but recorded as a macro.</summary>
    private void NoteInclude(List<Token> line)
    {
        _macros[IncludeMark] = NoBody;
        var isKernel = line.Count > 1 && line[0].Is("<") && line[1].Text is "linux" or "asm" or "asm-generic";
        if (isKernel)
        {
            _macros[KernelMark] = NoBody;
        }
    }

    private void OpenCondition(Token name, List<Token> line)
    {
        // Conditions in a skipped part aren't evaluated: they may use what doesn't exist here.
        if (Skipping)
        {
            _conditionals.Push(new Conditional(name) { Done = true });
        }
        else
        {
            _conditionals.Push(Decide(new Conditional(name), name, name.Text[2..], line));
        }
    }

    private void Alternative(Token name, List<Token> line)
    {
        if (!_conditionals.TryPeek(out var conditional) || conditional.HasElse)
        {
            throw name.Error($"'#{name.Text}' without '#if'.");
        }

        if (conditional.Done)
        {
            conditional.Active = false;
        }
        else
        {
            Decide(conditional, name, name.Text[4..], line);
        }
    }

    private void Otherwise(Token name)
    {
        if (!_conditionals.TryPeek(out var conditional) || conditional.HasElse)
        {
            throw name.Error("'#else' without '#if'.");
        }

        conditional.Active = !conditional.Done;
        conditional.Done = true;
        conditional.HasElse = true;
    }

    private Conditional Decide(Conditional conditional, Token name, string kind, List<Token> line)
    {
        conditional.Active = kind switch
        {
            "def" => _macros.ContainsKey(MacroName(name, line).Text),
            "ndef" => !_macros.ContainsKey(MacroName(name, line).Text),
            _ => DirectiveCondition.Evaluate(name, line, _macros, _expander),
        };
        conditional.Done = conditional.Active;
        return conditional;
    }

    private static Token MacroName(Token directive, List<Token> line)
    {
        if (line.Count == 0 || !line[0].IsName)
        {
            throw (line.Count == 0 ? directive : line[0]).Error($"expected a name after '#{directive.Text}'.");
        }

        return line[0];
    }

    private void Define(Token directive, List<Token> line)
    {
        var name = MacroName(directive, line);
        if (name.Text == "defined")
        {
            throw name.Error("'defined' cannot be a macro.");
        }

        var body = 1;
        List<string>? parameters = null;
        var variadic = false;
        if (line.Count > 1 && line[1].Is("(") && !line[1].FollowsSpace)
        {
            parameters = Parameters(line, out body, out variadic);
        }

        _macros[name.Text] = new Macro(parameters, line.GetRange(body, line.Count - body)) { IsVariadic = variadic };
    }

    private static List<string> Parameters(List<Token> line, out int body, out bool variadic)
    {
        var parameters = new List<string>();
        variadic = false;
        var index = 2;
        while (index < line.Count && !line[index].Is(")"))
        {
            if (parameters.Count > 0 && !line[index++].Is(","))
            {
                break;
            }

            if (index >= line.Count || variadic)
            {
                break;
            }

            variadic = line[index].Is("...");
            if (!variadic && !line[index].IsName)
            {
                break;
            }

            parameters.Add(variadic ? "__VA_ARGS__" : line[index].Text);
            index++;

            // As in gcc: "args..." renames __VA_ARGS__.
            if (!variadic && index < line.Count && line[index].Is("..."))
            {
                variadic = true;
                index++;
            }
        }

        if (index >= line.Count || !line[index].Is(")"))
        {
            throw line[Math.Min(index, line.Count - 1)].Error(
                "expected names, commas and ')' in the parameters of a macro.");
        }

        body = index + 1;
        return parameters;
    }

    private void PragmaOperator()
    {
        if (_index + 3 >= _source.Count || !_source[_index + 1].Is("(") || _source[_index + 2].Kind != TokenKind.Text
            || !_source[_index + 3].Is(")"))
        {
            throw _source[_index].Error("expected _Pragma(\"...\").");
        }

        var line = Lexer.Run(_source[_index + 2].Text);
        line.RemoveAt(line.Count - 1);
        var place = _source[_index];
        Pragma(place, line.ConvertAll(token => token with { Line = place.Line, Column = place.Column }));
        _index += 4;
    }

    private void Pragma(Token directive, List<Token> line)
    {
        if (line.Count == 0 || !line[0].Is("pack"))
        {
            return;
        }

        var pack = line[0];
        var tokens = new List<Token>();
        _expander.All(line.GetRange(1, line.Count - 1), tokens);
        _output.Add(directive with { Kind = TokenKind.Pack, Pack = ReadPack(pack, tokens) });
    }

    private static PackPragma ReadPack(Token pack, List<Token> tokens)
    {
        if (tokens.Count < 2 || !tokens[0].Is("(") || !tokens[^1].Is(")"))
        {
            throw pack.Error(
                "expected '#pragma pack(...)' with push, pop, 1, 2, 4, 8, 16 or nothing in the parentheses.");
        }

        var push = false;
        var pop = false;
        string? label = null;
        int? limit = tokens.Count == 2 ? 0 : null;
        for (var i = 1; i < tokens.Count - 1; i++)
        {
            var token = tokens[i];
            if (i % 2 == 0 ? !token.Is(",")
                || i == tokens.Count - 2 : token.Kind is not (TokenKind.Identifier or TokenKind.Number))
            {
                throw token.Error($"expected push, pop, 1, 2, 4, 8 or 16 in '#pragma pack', found {token.Quoted}.");
            }

            if (i % 2 == 0)
            {
                continue;
            }

            if (i == 1 && (token.Is("push") || token.Is("pop")))
            {
                (push, pop) = (token.Text == "push", token.Text == "pop");
            }
            else if (token.IsName && (push || pop) && label is null)
            {
                label = token.Text;
            }
            else if (limit is null && AlignmentLimit(token) is int value)
            {
                limit = value;
            }
            else
            {
                throw token.Error($"expected push, pop, 1, 2, 4, 8 or 16 in '#pragma pack', found {token.Quoted}.");
            }
        }

        return new PackPragma(push, pop, label, limit);
    }

    private static int? AlignmentLimit(Token token) =>
        int.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is 0 or 1 or 2
            or 4 or 8 or 16 ? value : null;

    private sealed class Conditional(Token start)
    {
        public Token Start { get; } = start;

        /// <summary>Whether what stands here now is kept.</summary>
        public bool Active { get; set; }

        /// <summary>Whether a part was kept already, or none can be.</summary>
        public bool Done { get; set; }

        public bool HasElse { get; set; }
    }
}
