using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>Which parts of a text <c>#if</c>, <c>#elif</c>, <c>#else</c> and <c>#endif</c> keep.</summary>
internal sealed class Conditionals(Dictionary<string, Macro> macros, MacroExpander expander)
{
    private readonly Stack<Conditional> _open = new();

    /// <summary>Whether what stands here is left out.</summary>
    public bool Skipping => _open.TryPeek(out var conditional) && !conditional.Active;

    /// <summary>Takes a directive; false if it's about no condition.</summary>
    public bool Take(Token name, List<Token> line)
    {
        switch (name.Text)
        {
            case "if" or "ifdef" or "ifndef":
                Open(name, line);
                return true;
            case "elif" or "elifdef" or "elifndef":
                Alternative(name, line);
                return true;
            case "else":
                Otherwise(name);
                return true;
            case "endif":
                return _open.TryPop(out _) ? true : throw name.Error("'#endif' without '#if'.");
            default:
                return false;
        }
    }

    /// <summary>At the end of the text: none may be open.</summary>
    public void CheckClosed()
    {
        if (_open.TryPeek(out var open))
        {
            throw open.Start.Error("this condition has no end; expected '#endif'.");
        }
    }

    private void Open(Token name, List<Token> line)
    {
        // Conditions in a skipped part aren't evaluated: they may use what doesn't exist here.
        if (Skipping)
        {
            _open.Push(new Conditional(name) { Done = true });
        }
        else
        {
            _open.Push(Decide(new Conditional(name), name, name.Text[2..], line));
        }
    }

    private void Alternative(Token name, List<Token> line)
    {
        if (!_open.TryPeek(out var conditional) || conditional.HasElse)
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
        if (!_open.TryPeek(out var conditional) || conditional.HasElse)
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
            "def" => macros.ContainsKey(Macro.NameIn(name, line).Text),
            "ndef" => !macros.ContainsKey(Macro.NameIn(name, line).Text),
            _ => DirectiveCondition.Evaluate(name, line, macros, expander),
        };
        conditional.Done = conditional.Active;
        return conditional;
    }

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
