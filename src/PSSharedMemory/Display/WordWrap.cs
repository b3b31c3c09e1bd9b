using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>Breaks text at blanks: a table breaks within words, which makes a command that cannot be pasted.</summary>
internal static class WordWrap
{
    /// <summary>The text in lines of at most this many characters; a longer word keeps a line to itself.</summary>
    public static string Of(string text, int width)
    {
        var wrapped = new StringBuilder(text.Length + 8);
        foreach (var line in text.Split('\n'))
        {
            var column = 0;
            wrapped.Append(wrapped.Length > 0 ? "\n" : "");
            foreach (var word in line.Split(' '))
            {
                if (column > 0 && column + 1 + word.Length > width)
                {
                    wrapped.Append('\n');
                    column = 0;
                }
                else if (column > 0)
                {
                    wrapped.Append(' ');
                    column++;
                }

                wrapped.Append(word);
                column += word.Length;
            }
        }

        return wrapped.ToString();
    }
}
