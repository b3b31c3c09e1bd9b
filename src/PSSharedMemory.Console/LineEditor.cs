using System;
using System.Management.Automation;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Edits one input at a terminal: the keys that readline and PSReadLine share.</summary>
/// <param name="history">What Up, Down and Ctrl+R go through, if anything.</param>
/// <param name="completer">What Tab asks, if anything.</param>
/// <param name="isIncomplete">Whether Enter makes a new line instead of ending the input.</param>
internal sealed class LineEditor(
    History? history = null, Completer? completer = null, Func<string, bool>? isIncomplete = null)
{
    private readonly LineBuffer _buffer = new();
    private LineDisplay _display = new(string.Empty);
    private HistoryWalk? _walk;
    private CompletionMenu? _menu;
    private string _cut = string.Empty;
    private bool _ended;
    private bool _endOfInput;

    /// <summary>The text; or null where Ctrl+D ended an empty line.</summary>
    /// <exception cref="PipelineStoppedException">Ctrl+C was pressed.</exception>
    public string? Read(string prompt)
    {
        _display = new LineDisplay(prompt);
        _buffer.Set(string.Empty);
        _walk = null;
        _menu = null;
        _ended = _endOfInput = false;
        _display.Draw(string.Empty, 0, []);
        try
        {
            while (!_ended)
            {
                Handle(Keys.Read());

                // What was pasted is drawn once.
                if (!_ended && !Console.KeyAvailable)
                {
                    _display.Draw(_buffer.Text, _buffer.Cursor, _menu?.Lines() ?? []);
                }
            }
        }
        finally
        {
            _display.Leave(_buffer.Text);
        }

        return _endOfInput ? null : _buffer.Text;
    }

    private void Handle(ConsoleKeyInfo key)
    {
        if (key.Key == ConsoleKey.Tab)
        {
            Complete(key.Modifiers.HasFlag(ConsoleModifiers.Shift) ? -1 : 1);
            return;
        }

        if (_menu is CompletionMenu menu)
        {
            _menu = null;
            if (key.Key == ConsoleKey.Escape)
            {
                menu.Undo(_buffer);
                return;
            }
        }

        if (key.Key is ConsoleKey.UpArrow or ConsoleKey.DownArrow || IsControl(key, ConsoleKey.P)
            || IsControl(key, ConsoleKey.N))
        {
            Vertical(key.Key is ConsoleKey.UpArrow or ConsoleKey.P);
            return;
        }

        _walk = null;
        if (!Edit(key) && !char.IsControl(key.KeyChar) && (key.Modifiers & ConsoleModifiers.Alt) == 0)
        {
            _buffer.Insert(key.KeyChar.ToString());
        }
    }

    private bool Edit(ConsoleKeyInfo key)
    {
        var byWord = (key.Modifiers & (ConsoleModifiers.Control | ConsoleModifiers.Alt)) != 0;
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                Enter(forcesLine: key.Modifiers != 0);
                return true;
            case ConsoleKey.LeftArrow:
                _buffer.MoveTo(byWord ? _buffer.WordLeft : _buffer.Left);
                return true;
            case ConsoleKey.RightArrow:
                _buffer.MoveTo(byWord ? _buffer.WordRight : _buffer.Right);
                return true;
            case ConsoleKey.Home:
                _buffer.MoveTo(_buffer.LineStart);
                return true;
            case ConsoleKey.End:
                _buffer.MoveTo(_buffer.LineEnd);
                return true;
            case ConsoleKey.Backspace:
                if (byWord)
                {
                    Cut(_buffer.WordLeft);
                }
                else
                {
                    _buffer.DeleteTo(_buffer.Left);
                }

                return true;
            case ConsoleKey.Delete:
                _buffer.DeleteTo(byWord ? _buffer.WordRight : _buffer.Right);
                return true;
            case ConsoleKey.Escape:
                _buffer.Set(string.Empty);
                return true;
        }

        return key.Modifiers switch
        {
            ConsoleModifiers.Control => EditByControl(key.Key),
            ConsoleModifiers.Alt => EditByAlt(key.Key),
            _ => false,
        };
    }

    private bool EditByControl(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.A:
                _buffer.MoveTo(_buffer.LineStart);
                return true;
            case ConsoleKey.E:
                _buffer.MoveTo(_buffer.LineEnd);
                return true;
            case ConsoleKey.B:
                _buffer.MoveTo(_buffer.Left);
                return true;
            case ConsoleKey.F:
                _buffer.MoveTo(_buffer.Right);
                return true;
            case ConsoleKey.D:
                _ended = _endOfInput = _buffer.Text.Length == 0;
                _buffer.DeleteTo(_buffer.Right);
                return true;
            case ConsoleKey.H:
                _buffer.DeleteTo(_buffer.Left);
                return true;
            case ConsoleKey.W:
                Cut(_buffer.WordLeft);
                return true;
            case ConsoleKey.U:
                Cut(_buffer.LineStart);
                return true;
            case ConsoleKey.K:
                Cut(_buffer.LineEnd);
                return true;
            case ConsoleKey.Y:
                _buffer.Insert(_cut);
                return true;
            case ConsoleKey.J or ConsoleKey.M:
                Enter(forcesLine: false);
                return true;
            case ConsoleKey.L:
                _display.ClearScreen();
                return true;
            case ConsoleKey.R:
                if (history is not null && HistorySearch.Run(history, _buffer, _display))
                {
                    Enter(forcesLine: false);
                }

                return true;
            default:
                return false;
        }
    }

    private bool EditByAlt(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.B:
                _buffer.MoveTo(_buffer.WordLeft);
                return true;
            case ConsoleKey.F:
                _buffer.MoveTo(_buffer.WordRight);
                return true;
            case ConsoleKey.D:
                Cut(_buffer.WordRight);
                return true;
            default:
                return false;
        }
    }

    private void Enter(bool forcesLine)
    {
        if (forcesLine || isIncomplete?.Invoke(_buffer.Text) == true)
        {
            _buffer.Insert("\n");
        }
        else
        {
            _ended = true;
        }
    }

    private void Cut(int to)
    {
        var start = Math.Min(to, _buffer.Cursor);
        if (to == _buffer.Cursor)
        {
            return;
        }

        _cut = _buffer.Text.Substring(start, Math.Abs(to - _buffer.Cursor));
        _buffer.DeleteTo(to);
    }

    private void Vertical(bool up)
    {
        if ((up ? _buffer.Above : _buffer.Below) is int place && _walk is null)
        {
            _buffer.MoveTo(place);
            return;
        }

        if (history is null)
        {
            return;
        }

        _walk ??= new HistoryWalk(history, _buffer.Text);
        if (_walk.Go(up) is string entry)
        {
            _buffer.Set(entry);
        }
    }

    private void Complete(int step)
    {
        if (_menu is null)
        {
            var completion = completer?.Complete(_buffer.Text, _buffer.Cursor);
            if (completion is null || completion.CompletionMatches.Count == 0)
            {
                return;
            }

            _menu = new CompletionMenu(completion, _buffer);
        }

        _menu.Move(step, _buffer);
        if (_menu.Count == 1)
        {
            _menu = null; // nothing to choose: the next Tab asks anew
        }
    }

    private static bool IsControl(ConsoleKeyInfo key, ConsoleKey letter) =>
        key.Key == letter && key.Modifiers == ConsoleModifiers.Control;
}
