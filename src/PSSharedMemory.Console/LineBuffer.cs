using System;
using System.Globalization;

namespace PSSharedMemory.ConsoleHost;

/// <summary>A text and a cursor in it that moves by what a reader sees as one character.</summary>
internal sealed class LineBuffer
{
    public string Text { get; private set; } = string.Empty;

    public int Cursor { get; private set; }

    public void Set(string text, int? cursor = null)
    {
        Text = text;
        Cursor = Math.Clamp(cursor ?? text.Length, 0, text.Length);
    }

    public void Insert(string text)
    {
        Text = Text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    public void Replace(int start, int length, string replacement) =>
        Set(Text.Remove(start, length).Insert(start, replacement), start + replacement.Length);

    public void MoveTo(int cursor) => Cursor = Math.Clamp(cursor, 0, Text.Length);

    public void DeleteTo(int other)
    {
        var start = Math.Min(Cursor, other);
        Set(Text.Remove(start, Math.Abs(Cursor - other)), start);
    }

    public int Left
    {
        get
        {
            var before = 0;
            for (var i = 0; i < Cursor; i += StringInfo.GetNextTextElementLength(Text, i))
            {
                before = i;
            }

            return before;
        }
    }

    public int Right => Cursor < Text.Length ? Cursor + StringInfo.GetNextTextElementLength(Text, Cursor) : Cursor;

    public int WordLeft
    {
        get
        {
            var i = Cursor;
            while (i > 0 && !IsWord(Text[i - 1]))
            {
                i--;
            }

            while (i > 0 && IsWord(Text[i - 1]))
            {
                i--;
            }

            return i;
        }
    }

    public int WordRight
    {
        get
        {
            var i = Cursor;
            while (i < Text.Length && IsWord(Text[i]))
            {
                i++;
            }

            while (i < Text.Length && !IsWord(Text[i]))
            {
                i++;
            }

            return i;
        }
    }

    public int LineStart => Cursor == 0 ? 0 : Text.LastIndexOf('\n', Cursor - 1) + 1;

    public int LineEnd => Text.IndexOf('\n', Cursor) is >= 0 and int end ? end : Text.Length;

    /// <summary>The same column a line above, or null on the first line.</summary>
    public int? Above
    {
        get
        {
            var start = LineStart;
            if (start == 0)
            {
                return null;
            }

            var above = start == 1 ? 0 : Text.LastIndexOf('\n', start - 2) + 1;
            return Math.Min(above + Cursor - start, start - 1);
        }
    }

    /// <summary>The same column a line below, or null on the last line.</summary>
    public int? Below
    {
        get
        {
            var end = LineEnd;
            if (end == Text.Length)
            {
                return null;
            }

            var endBelow = Text.IndexOf('\n', end + 1) is >= 0 and int found ? found : Text.Length;
            return Math.Min(end + 1 + Cursor - LineStart, endBelow);
        }
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c is '_' or '$';
}
