namespace PSSharedMemory.CDeclarations;

/// <summary>
/// A text with a position in it. A backslash at the end of a line, which continues it, is never seen; line and column
/// are those of the text as it was given.
/// </summary>
internal sealed class SourceText(string text)
{
    /// <summary>What stands behind the last character: no character of any text.</summary>
    public const char End = '\uffff';

    private int _index;

    /// <summary>From 1.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>From 1, in UTF-16 units.</summary>
    public int Column { get; private set; } = 1;

    /// <summary>Whether nothing is left.</summary>
    public bool AtEnd
    {
        get
        {
            Splice();
            return _index >= text.Length;
        }
    }

    /// <summary>The character here; <see cref="End"/> where nothing is left.</summary>
    public char Current
    {
        get
        {
            Splice();
            return _index < text.Length ? text[_index] : End;
        }
    }

    public void Advance()
    {
        Splice();
        if (_index >= text.Length)
        {
            return;
        }

        if (text[_index] == '\n')
        {
            Line++;
            Column = 1;
        }
        else
        {
            Column++;
        }

        _index++;
    }

    /// <summary>The character this many further on.</summary>
    public char Ahead(int count)
    {
        (var index, var line, var column) = (_index, Line, Column);
        for (var i = 0; i < count; i++)
        {
            Advance();
        }

        var c = Current;
        (_index, Line, Column) = (index, line, column);
        return c;
    }

    /// <summary>Skips continued line ends: a backslash, optional spaces, and the end of the line.</summary>
    private void Splice()
    {
        while (_index < text.Length && text[_index] == '\\')
        {
            var end = _index + 1;
            while (end < text.Length && text[end] is ' ' or '\t' or '\r')
            {
                end++;
            }

            if (end >= text.Length || text[end] != '\n')
            {
                return;
            }

            _index = end + 1;
            Line++;
            Column = 1;
        }
    }
}
