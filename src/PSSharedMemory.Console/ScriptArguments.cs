using System.Collections.Generic;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Words of a command line as arguments of a script, read as <c>pwsh -File</c> reads them.</summary>
/// <remarks>
/// The engine's binder decides what they mean: a parameter whose name begins with its dash is to it what
/// the language's own <c>-Name</c> is, so it pairs <c>-Name value</c>, knows a switch, and leaves to
/// <c>$args</c> what the script does not declare.
/// </remarks>
internal static class ScriptArguments
{
    public static List<CommandParameter> Parse(string[] words)
    {
        var parameters = new List<CommandParameter>(words.Length);
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i];
            if (word.Length < 2 || !IsDash(word[0]))
            {
                parameters.Add(new CommandParameter(null, word));
                continue;
            }

            var colon = word.IndexOf(':');
            if (colon < 0)
            {
                parameters.Add(new CommandParameter(word));
            }
            else if (colon < word.Length - 1)
            {
                parameters.Add(new CommandParameter(word[..colon], BooleanOr(word[(colon + 1)..])));
            }
            else if (i + 1 < words.Length)
            {
                parameters.Add(new CommandParameter(word[..colon], words[++i]));
            }
            else
            {
                parameters.Add(new CommandParameter(word[..colon]));
            }
        }

        return parameters;
    }

    // A shell has no other way to write -Switch:$false, so it may come with its dollar or without.
    private static object BooleanOr(string value) =>
        bool.TryParse(value.StartsWith('$') ? value[1..] : value, out var boolean) ? boolean : value;

    // The dashes that the language takes for one: hyphen-minus, en dash, em dash, horizontal bar.
    private static bool IsDash(char c) => c is '-' or '\u2013' or '\u2014' or '\u2015';
}
