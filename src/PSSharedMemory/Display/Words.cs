using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace PSSharedMemory.Commands;

/// <summary>Numbers in sentences.</summary>
internal static class Words
{
    /// <summary>"1 process", "3 processes", "0 segments".</summary>
    public static string Count(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? noun : Plural(noun))}");

    /// <summary>"a", "a and b", "a, b and c".</summary>
    public static string List(IEnumerable<string> items)
    {
        var all = items.ToArray();
        return all.Length < 2 ? string.Concat(all) : $"{string.Join(", ", all[..^1])} and {all[^1]}";
    }

    private static string Plural(string noun) => noun.EndsWith('s') || noun.EndsWith("ch") ? noun + "es"
        : noun.EndsWith('y') && !noun.EndsWith("ey") ? noun[..^1] + "ies" : noun + "s";
}
