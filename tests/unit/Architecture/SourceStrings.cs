using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace PSSharedMemory.UnitTests;

/// <summary>The string literals of the sources, as they stand between their quotes.</summary>
internal static partial class SourceStrings
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Folder(), "..", "..", ".."));

    /// <summary>File, line and text of every literal below a folder of the repository; comments are left out.</summary>
    public static IEnumerable<(string File, int Line, string Text)> Of(string folder)
    {
        var from = Path.Combine(Root, folder);
        foreach (var file in Directory.EnumerateFiles(from, "*.cs", SearchOption.AllDirectories))
        {
            if (file.Contains("/obj/") || file.Contains("/bin/"))
            {
                continue;
            }

            var line = 0;
            foreach (var text in File.ReadLines(file))
            {
                line++;
                var code = text.TrimStart();
                if (code.StartsWith("//") || code.StartsWith("#define"))
                {
                    continue;
                }

                foreach (Match literal in Literal().Matches(text))
                {
                    if (literal.Groups[1].Length > 0)
                    {
                        yield return (Path.GetRelativePath(Root, file), line, literal.Groups[1].Value);
                    }
                }
            }
        }
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    // A comment behind code ends the line; a character constant is no text.
    [GeneratedRegex("""'(?:\\.|[^'\\])'|//.*$|"((?:\\.|[^"\\])*)"|(?!)""")]
    private static partial Regex Literal();
}
