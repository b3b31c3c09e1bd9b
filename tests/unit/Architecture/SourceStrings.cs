using System;
using System.Collections.Generic;
using System.IO;
using System.Text.RegularExpressions;

namespace PSSharedMemory.UnitTests;

/// <summary>The string literals of the sources, as they stand between their quotes.</summary>
internal static partial class SourceStrings
{
    /// <summary>The repository that the tests were built in.</summary>
    public static string Root { get; } = FindRoot();

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

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "PSSharedMemory.slnx")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new DirectoryNotFoundException("The tests do not lie in the repository.");
        }

        return folder;
    }

    // A comment behind code ends the line; a character constant is no text.
    [GeneratedRegex("""'(?:\\.|[^'\\])'|//.*$|"((?:\\.|[^"\\])*)"|(?!)""")]
    private static partial Regex Literal();
}
