using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace PSSharedMemory.UnitTests.Architecture;

/// <summary>
/// Lines have at most 120 characters, as .editorconfig promises. Text that cannot be broken may be longer: what stands
/// in a literal of several lines, and in scripts one long literal.
/// </summary>
public partial class LineLengthTests
{
    private const int Longest = 120;

    [Fact]
    public void Of_C_sharp() => Assert.Empty(Files("*.cs", "src", "tests", "bench").SelectMany(TooLongOfCSharp));

    [Fact]
    public void Of_scripts() => Assert.Empty(
        Files("*.ps1", "src", "tests", "bench", "examples", "docs")
            .Append(Path.Combine(SourceStrings.Root, "build.ps1"))
            .SelectMany(static file => TooLong(file)
                .Where(static line => !LongLiteral().IsMatch(line.Text) && !IsInHereString(line))
                .Select(Told)));

    [Fact]
    public void Of_views_and_C() => Assert.Empty(
        Files("*.format.ps1xml", "src").Concat(Files("*.c", "tests")).Concat(Files("*.h", "include"))
            .SelectMany(static file => TooLong(file).Select(Told)));

    private static IEnumerable<string> TooLongOfCSharp(string file)
    {
        var lines = TooLong(file).ToArray();
        if (lines.Length == 0)
        {
            return [];
        }

        var tree = CSharpSyntaxTree.ParseText(File.ReadAllText(file), new CSharpParseOptions(LanguageVersion.Latest));
        var text = tree.GetText();
        // A token that begins above or is the whole line but for an assignment or an argument: a literal.
        return lines
            .Where(line => !tree.GetRoot().DescendantTokens(text.Lines[line.Number - 1].Span)
                .Any(token => token.IsKind(SyntaxKind.StringLiteralToken) && token.Span.Length > 80
                    || token.IsKind(SyntaxKind.MultiLineRawStringLiteralToken)
                    || token.IsKind(SyntaxKind.SingleLineRawStringLiteralToken)
                    || token.IsKind(SyntaxKind.InterpolatedStringTextToken)))
            .Select(Told);
    }

    private static IEnumerable<(string File, int Number, string Text)> TooLong(string file) =>
        File.ReadLines(file).Select((text, index) => (File: file, Number: index + 1, Text: text))
            .Where(static line => line.Text.Length > Longest);

    private static bool IsInHereString((string File, int Number, string Text) line)
    {
        var isWithin = false;
        foreach (var text in File.ReadLines(line.File).Take(line.Number - 1))
        {
            isWithin = isWithin ? !(text.StartsWith("'@") || text.StartsWith("\"@")) : HereString().IsMatch(text);
        }

        return isWithin;
    }

    private static string Told((string File, int Number, string Text) line) =>
        $"{Path.GetRelativePath(SourceStrings.Root, line.File)}:{line.Number}: {line.Text.Length} characters";

    private static IEnumerable<string> Files(string pattern, params string[] folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(
            Path.Combine(SourceStrings.Root, folder), pattern, SearchOption.AllDirectories))
        .Where(static path => !path.Contains("/obj/") && !path.Contains("/bin/"));

    [GeneratedRegex("""'[^']{50,}'|"(?:[^"]|""|`"){50,}""")]
    private static partial Regex LongLiteral();

    [GeneratedRegex("@['\"]$")]
    private static partial Regex HereString();
}
