using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>
/// What users read: the library names no cmdlet, and nobody writes the English that reviews struck out.
/// </summary>
public static partial class WordTests
{
    [Fact]
    public static void The_library_names_no_cmdlet_and_no_parameter()
    {
        var named = SourceStrings.Of("src/PSSharedMemory.Core")
            .Where(static found => Cmdlet().IsMatch(found.Text) || Parameter().IsMatch(found.Text))
            .Select(static found => $"{found.File}:{found.Line}: {found.Text}");
        Assert.Empty(named);
    }

    [Fact]
    public static void Messages_are_written_in_idiomatic_English()
    {
        var strange = SourceStrings.Of("src").Where(static found => Strange().IsMatch(found.Text))
            .Select(static found => $"{found.File}:{found.Line}: {found.Text}");
        Assert.Empty(strange);
    }

    [Fact]
    public static void Pages_are_written_in_idiomatic_English()
    {
        var strange = new[] { "docs/cmdlets", "docs/about" }
            .SelectMany(static folder => Directory.EnumerateFiles(Path.Combine(SourceStrings.Root, folder), "*.md"))
            .Append(Path.Combine(SourceStrings.Root, "README.md"))
            .SelectMany(static file =>
                File.ReadLines(file).Select((text, index) => (File: file, Line: index + 1, Text: text)))
            .Where(static found => Strange().IsMatch(found.Text))
            .Select(static found =>
                $"{Path.GetRelativePath(SourceStrings.Root, found.File)}:{found.Line}: {found.Text}");
        Assert.Empty(strange);
    }

    [Fact]
    public static void No_sentence_ends_twice()
    {
        var doubled = SourceStrings.Of("src")
            .Where(static found => found.Text.Length > 3 && Doubled().IsMatch(found.Text))
                .Select(static found => $"{found.File}:{found.Line}: {found.Text}");
        Assert.Empty(doubled);
    }

    [Fact]
    public static void The_block_size_of_a_file_is_taken_for_no_page_size()
    {
        // It's that of transparent huge pages, where they are switched on for shared memory.
        var used = Directory.EnumerateFiles(
            Path.Combine(SourceStrings.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(static file =>
                !file.Contains("/obj/") && !file.Contains("/Native/Libc.") && !file.Contains("/CDeclarations/"))
            .Where(static file => File.ReadAllText(file).Contains("blksize"));
        Assert.Empty(used);
    }

    // Two stops, neither an ellipsis nor a parent directory.
    [GeneratedRegex(@"(?<![./])\.\.(?=\s|$)")]
    private static partial Regex Doubled();

    [GeneratedRegex(@"\b[A-Z][a-z]+-Shm[A-Z]")]
    private static partial Regex Cmdlet();

    // "-Force", but neither "-XX" of a program's option nor a hyphen within a word.
    [GeneratedRegex(@"(?<![\w-])-[A-Z][a-z]+")]
    private static partial Regex Parameter();

    // "is no longer" is English; "it is no mutex" is not.
    [GeneratedRegex(
        @"(?<!\b[Tt]here )\b(is|are) no (?!longer\b|more\b|way\b|need\b|less\b|different\b)|\b(is|are) none of|\bin vain\b|\banew\b|\bof whom\b|\bfor (they|it) may\b"
        + @"|(?<![\d.,])1 (processes|segments|bytes|pages|files|objects|areas|items|seconds)\b|\bWhat is no\b|\bnothing to do but\b|\bcan't\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex Strange();
}
