using System.Text.RegularExpressions;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// What people give for a struct that isn't a declaration of C: the bare name of a type, or the notation of another
/// language.
/// </summary>
internal static partial class OtherNotation
{
    /// <summary>Characters: what a language looks like shows at the start.</summary>
    private const int LongestLook = 4096;

    /// <summary>Whether the text only names a type: <c>uint32_t[4]</c>, <c>struct timespec</c>.</summary>
    public static bool IsTypeName(string text) => text.Length < 200 && TypeName().IsMatch(text);

    /// <summary>
    /// What to write instead of the notation that the text is in, of which the parser made nothing; null where it looks
    /// like C.
    /// </summary>
    public static string? Of(string text)
    {
        var look = text.Length > LongestLook ? text[..LongestLook] : text;
        return look switch
        {
            _ when Rust().IsMatch(look) => Hint("Rust", "struct name { u32 id; u8 data[4]; };"),
            _ when Go().IsMatch(look) => Hint("Go", "struct name { uint32 id; byte data[4]; };"),
            _ when Python().IsMatch(look) => Hint("Python", "struct name { uint32_t id; char text[8]; };"),
            _ when CSharp().IsMatch(look) => Hint("C#", "struct name { int id; long long total; };"),
            _ when Format().IsMatch(look) =>
                Hint("a format of Python's struct module", "struct name { uint32_t id; char text[8]; };"),
            _ => null,
        };
    }

    private static string Hint(string language, string example) =>
        $"this looks like {language}; write the struct in C, as in '{example}'.";

    [GeneratedRegex(
        @"^\s*(?:(?:struct|union|enum|const|unsigned|signed|long|short|std)\b[\s:]*)*[A-Za-z_][\w:]*\s*"
            + @"(?:<[\w\s,:<>]*>)?[\s*]*(?:\[\w*\]\s*)*$",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TypeName();

    [GeneratedRegex(
        @"#\[\w+|\bpub\s+(?:struct|\w+\s*:)|\bfn\s+\w+\s*\(|\bstruct\s+\w+\s*\{\s*\w+\s*:\s*\[?[iuf]\d",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rust();

    [GeneratedRegex(
        @"^\s*package\s+\w+\s*$|\btype\s+\w+\s+struct\b",
        RegexOptions.CultureInvariant | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Go();

    [GeneratedRegex(
        @"\bctypes\b|\b_fields_\b|^\s*(?:import|from)\s+\w+|^\s*@dataclass\b|"
            + @"^\s*class\s+\w+\s*(?:\(\w[\w.]*\))?:\s*$|^\s*def\s+\w+\(",
        RegexOptions.CultureInvariant | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Python();

    [GeneratedRegex(
        @"\[StructLayout\b|\b(?:public|internal)\s+(?:unsafe\s+|readonly\s+)?struct\b|^\s*using\s+System\b",
        RegexOptions.CultureInvariant | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CSharp();

    [GeneratedRegex(
        @"^\s*(?:[@=<>!](?:\d*[xcbB?hHiIlLqQnNefdspP]\s*)+|(?:\d*[xcbB?hHiIlLqQnNefdspP]){2,}|"
            + @".*\bstruct\.(?:unpack|pack|calcsize)\w*\(.*)\s*$",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Format();
}
