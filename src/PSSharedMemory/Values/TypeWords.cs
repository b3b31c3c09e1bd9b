using System;
using System.Collections;

namespace PSSharedMemory.Commands;

/// <summary>What a value is, in the words of a message.</summary>
internal static class TypeWords
{
    /// <summary>"an Int32", "a Process", "an array", "a hashtable", "null".</summary>
    public static string Of(object? value) => value switch
    {
        null => "null",
        Array => "an array",
        Hashtable => "a hashtable",
        _ => Of(value.GetType()),
    };

    /// <summary>The name of a type with its article.</summary>
    public static string Of(Type type) => WithArticle(type.Name);

    /// <summary>"null" at the beginning of a sentence is "Null".</summary>
    public static string Begin(object? value)
    {
        var words = Of(value);
        return char.ToUpperInvariant(words[0]) + words[1..];
    }

    // 'U' is spoken as a vowel in no type that numbers have: a UInt32, a Uri.
    private static string WithArticle(string name) =>
        (name.Length > 0 && char.ToUpperInvariant(name[0]) is 'A' or 'E' or 'I' or 'O' ? "an " : "a ") + name;
}
