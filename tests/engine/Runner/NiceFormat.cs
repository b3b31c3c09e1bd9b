using System;
using System.Collections;
using System.Globalization;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>Values as Pester 6 writes them in names and messages.</summary>
internal static class NiceFormat
{
    private const int DepthLimit = 10;

    public static string Of(object? value) => Of(value, 0);

    /// <summary>In a name a string stands bare; everything else is written as in a message.</summary>
    public static string InName(object? value) => TestNode.Unwrapped(value) as string ?? Of(value);

    private static string Of(object? value, int depth)
    {
        var plain = TestNode.Unwrapped(value);
        return plain switch
        {
            null => "$null",
            bool flag => flag ? "$true" : "$false",
            "" => "<empty>",
            string text => $"'{Visible(text)}'",
            Type type => TypeName(type),
            ScriptBlock block => $"{{{block}}}",
            float or double or decimal => Plain(plain),
            _ when depth >= DepthLimit => TypeName(plain.GetType()),
            Hashtable table => $"@{{{Entries(table, depth)}}}",
            IDictionary dictionary => $"Dictionary{{{Entries(dictionary, depth)}}}",
            _ when LanguagePrimitives.GetEnumerable(value) is { } items =>
                $"@({string.Join(", ", items.Cast<object?>().Select(item => Of(item, depth + 1)))})",
            ValueType => Plain(plain),
            _ => $"{TypeName(plain.GetType())} {Plain(value!)}",
        };
    }

    private static string Entries(IDictionary table, int depth) =>
        string.Join("; ", table.Keys.Cast<object>().OrderBy(Plain, StringComparer.OrdinalIgnoreCase)
            .Select(key => $"{Plain(key)}={Of(table[key], depth + 1)}"));

    private static string Plain(object value) =>
        (string)LanguagePrimitives.ConvertTo(value, typeof(string), CultureInfo.InvariantCulture);

    private static string TypeName(Type type)
    {
        var name = Plain(type);
        return $"[{(name.StartsWith("System.", StringComparison.Ordinal) ? name["System.".Length..] : name)}]";
    }

    // Control characters are shown by their pictures in U+2400.
    private static string Visible(string text) =>
        string.Concat(text.Select(c => c < ' ' ? (char)(c + '\u2400') : c));
}
