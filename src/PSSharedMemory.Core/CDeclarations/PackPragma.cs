using System.Collections.Generic;
using System.Globalization;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// One <c>#pragma pack</c>: push, pop or neither, an optional label, and an optional new limit (0 for none).
/// </summary>
internal sealed record PackPragma(bool Push, bool Pop, string? Label, int? Limit)
{
    /// <summary>
    /// What including <c>pshpack1.h</c> or <c>poppack.h</c> of Windows does, which is all that is in them; null for
    /// other headers.
    /// </summary>
    /// <param name="header">What follows <c>#include</c>.</param>
    public static PackPragma? OfHeader(List<Token> header)
    {
        var name = string.Concat(header.ConvertAll(static token => token.Text)).Trim('<', '>');
        return name.ToUpperInvariant() switch
        {
            "POPPACK.H" => new PackPragma(false, true, null, null),
            ['P', 'S', 'H', 'P', 'A', 'C', 'K', '1' or '2' or '4' or '8', '.', 'H'] =>
                new PackPragma(true, false, null, name["pshpack".Length] - '0'),
            _ => null,
        };
    }

    /// <summary>Reads what follows <c>#pragma pack</c>; null if it changes nothing.</summary>
    /// <param name="pack">The place of errors.</param>
    /// <param name="tokens">The rest of the line.</param>
    public static PackPragma? Read(Token pack, List<Token> tokens)
    {
        if (tokens.Count == 3 && tokens[1].Is("show"))
        {
            return null;
        }

        if (tokens.Count < 2 || !tokens[0].Is("(") || !tokens[^1].Is(")"))
        {
            throw pack.Error(
                "expected '#pragma pack(...)' with push, pop, 1, 2, 4, 8, 16 or nothing in the parentheses.");
        }

        var push = false;
        var pop = false;
        string? label = null;
        int? limit = tokens.Count == 2 ? 0 : null;
        for (var i = 1; i < tokens.Count - 1; i++)
        {
            var token = tokens[i];
            if (i % 2 == 0 ? !token.Is(",")
                || i == tokens.Count - 2 : token.Kind is not (TokenKind.Identifier or TokenKind.Number))
            {
                throw token.Error($"expected push, pop, 1, 2, 4, 8 or 16 in '#pragma pack', found {token.Quoted}.");
            }

            if (i % 2 == 0)
            {
                continue;
            }

            if (i == 1 && (token.Is("push") || token.Is("pop")))
            {
                (push, pop) = (token.Text == "push", token.Text == "pop");
            }
            else if (token.IsName && (push || pop) && label is null)
            {
                label = token.Text;
            }
            else if (limit is null && AlignmentLimit(token) is int value)
            {
                limit = value;
            }
            else
            {
                throw token.Error($"expected push, pop, 1, 2, 4, 8 or 16 in '#pragma pack', found {token.Quoted}.");
            }
        }

        return new PackPragma(push, pop, label, limit);
    }

    private static int? AlignmentLimit(Token token) =>
        int.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is 0 or 1 or 2
            or 4 or 8 or 16 ? value : null;

    /// <summary>Whether a pragma other than pack changes the layout of what follows.</summary>
    public static bool ChangesOtherwise(List<Token> line) => line[0].Text switch
    {
        "scalar_storage_order" => line.Count > 1 && !line[1].Is("default") && !line[1].Is("little"),
        "options" => line.Count > 3 && line[1].Is("align") && line[3].Text is not ("reset" or "native" or "power"),
        "ms_struct" => line.Count > 1 && line[1].Text is "on",
        _ => false,
    };
}
