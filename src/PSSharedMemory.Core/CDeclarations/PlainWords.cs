using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>The words of which C makes the names of its own types: <c>unsigned long int</c>, in any order.</summary>
internal static class PlainWords
{
    /// <summary>No type has more words.</summary>
    private const int MaximumWords = 5;

    private static readonly Dictionary<string, ShmType> Combinations = new(StringComparer.Ordinal)
    {
        ["void"] = KnownTypes.Void,
        ["_Bool"] = KnownTypes.Bool,
        ["char signed"] = KnownTypes.SignedChar,
        ["char unsigned"] = KnownTypes.UnsignedChar,
        ["short"] = KnownTypes.Short,
        ["short unsigned"] = KnownTypes.UnsignedShort,
        ["int"] = KnownTypes.Int,
        [""] = KnownTypes.Int,
        ["unsigned"] = KnownTypes.UnsignedInt,
        ["long"] = KnownTypes.Long,
        ["long unsigned"] = KnownTypes.UnsignedLong,
        ["long long"] = KnownTypes.LongLong,
        ["long long unsigned"] = KnownTypes.UnsignedLongLong,
        ["__int128"] = KnownTypes.Int128,
        ["__int128 unsigned"] = KnownTypes.UnsignedInt128,
        ["float"] = KnownTypes.Float,
        ["double"] = KnownTypes.Double,
        ["double long"] = KnownTypes.Extended,
        ["_Float16"] = KnownTypes.Half,
        ["_Float32"] = KnownTypes.Float,
        ["_Float64"] = KnownTypes.Double,
        ["_Float128"] = KnownTypes.Quadruple,
        ["_Float32x"] = KnownTypes.Double,
        ["_Float64x"] = KnownTypes.Extended,
        ["__float80"] = KnownTypes.Extended,
        ["__fp16"] = KnownTypes.Half,
        ["_Decimal32"] = KnownTypes.Decimal32,
        ["_Decimal64"] = KnownTypes.Decimal64,
        ["_Decimal128"] = KnownTypes.Decimal128,
        ["_Complex float"] = KnownTypes.ComplexFloat,
        ["_Complex double"] = KnownTypes.ComplexDouble,
        ["_Complex double long"] = KnownTypes.ComplexLongDouble,
        ["__float128"] = KnownTypes.Quadruple,
    };

    private static readonly HashSet<string> Words = AllWords();

    /// <summary>Whether the word is part of a type's name.</summary>
    public static bool Contains(string word) => Words.Contains(word);

    /// <summary>The word that stands for all its spellings: <c>__signed__</c> is <c>signed</c>.</summary>
    public static string Canonical(string word) => word switch
    {
        "__signed__" or "__signed" => "signed",
        "__complex__" => "_Complex",
        _ => word,
    };

    /// <summary>The type that the words name, except for a plain <c>char</c>; null for none.</summary>
    /// <param name="words">Canonical ones, in any order.</param>
    /// <param name="isChar">Whether it's a plain <c>char</c>, whose sign the architecture decides.</param>
    public static ShmType? Combine(IReadOnlyList<string> words, out bool isChar)
    {
        isChar = false;
        var parts = new List<string>(words);
        if (parts.Count > MaximumWords || (parts.Contains("signed") && parts.Contains("unsigned")))
        {
            return null;
        }

        if (!parts.Contains("char") && parts.Remove("signed")
            && parts.Exists(word => word is not ("short" or "int" or "long" or "__int128")))
        {
            return null;
        }

        if (parts.Count > 1 || words.Count > parts.Count)
        {
            parts.Remove("int");
        }

        parts.Sort(StringComparer.Ordinal);
        var key = string.Join(' ', parts);
        isChar = key == "char";
        return isChar ? null : Combinations.GetValueOrDefault(key);
    }

    private static HashSet<string> AllWords()
    {
        var words = new HashSet<string>(StringComparer.Ordinal) { "char", "__signed__", "__signed", "__complex__" };
        foreach (var combination in Combinations.Keys)
        {
            words.UnionWith(combination.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }

        return words;
    }
}
