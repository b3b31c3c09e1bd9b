namespace PSSharedMemory.CDeclarations;

/// <summary>
/// This part: recovery from what cannot be laid out. Its names are kept with the reason, which becomes the error of
/// whatever needs them.
/// </summary>
internal sealed partial class DeclarationParser
{
    private bool _isLenient;

    /// <summary>Reads one declaration; if it fails and the parser is lenient, goes on after it.</summary>
    private void Recoverable()
    {
        var start = _cursor.Position;
        var depth = _cursor.Depth;
        var scope = _scope.Path.Here;
        try
        {
            if (_cursor.Current.Kind == TokenKind.Invalid)
            {
                throw _cursor.Current.Error(_cursor.Current.Text);
            }

            ExternalDeclaration();
        }
        catch (ShmDefinitionException error) when (_isLenient)
        {
            _cursor.Depth = depth;
            _scope.Path.Here = scope;
            SkipFailed(start, error);
        }
    }

    /// <summary>Skips to the end of a failed declaration and records the names it would have declared.</summary>
    private void SkipFailed(int start, ShmDefinitionException error)
    {
        (var braces, var isFunction) = _cursor.BracesSince(start);
        if (_cursor.NameBeforeAttribute(start) is { } marked)
        {
            _scope.Fail(marked.Text, error);
        }

        Token? previous = null;
        Token? earlier = null;
        while (!_cursor.AtEnd)
        {
            var token = _cursor.Current;
            if (token.Is("}") && braces == 0)
            {
                // Of a namespace or an extern "C" around it.
                if (_cursor.Position == start)
                {
                    _cursor.Advance();
                }

                return;
            }

            if (braces == 0 && previous is { IsName: true }
                && (token.Is(";") || token.Is(",") || token.Is("[") || token.Is(")")))
            {
                _scope.Fail(previous.Text, error);
            }

            // A struct behind a word that isn't known, such as a macro that packs it.
            if (braces == 0 && token.Is("{") && previous is { IsName: true }
                && earlier is { Text: "struct" or "union" or "class" or "enum" })
            {
                _scope.Fail(previous.Text, error);
            }

            isFunction |= braces == 0 && token.Is("(");
            braces += token.Is("{") ? 1 : token.Is("}") ? -1 : 0;
            earlier = previous;
            previous = _cursor.Advance();
            if (braces == 0 && (token.Is(";") || (isFunction && token.Is("}") && !_cursor.Is(";"))))
            {
                return;
            }
        }
    }
}
