using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace PSSharedMemory.EngineTests.Runner;

/// <summary>
/// `&lt;name&gt;`, `&lt;_&gt;` and `&lt;a.b&gt;` in the names of tests and blocks. The report's rows are made at discovery, so a
/// template must name data of an enclosing -ForEach; Pester alone would also take what BeforeAll sets.
/// </summary>
internal static partial class NameTemplate
{
    public static string Expand(TestNode node)
    {
        if (!node.Name.Contains('<', StringComparison.Ordinal))
        {
            return node.Name;
        }

        var data = DataAround(node);
        return Template().Replace(node.Name, match =>
            match.Groups["escaped"].Success ? match.Groups["escaped"].Value : Value(node, match.Groups["path"].Value, data));
    }

    private static string Value(TestNode node, string path, Hashtable data)
    {
        var variable = Variable().Match(path);
        if (!variable.Success || !data.ContainsKey(variable.Value))
        {
            throw new RefusalException(node.Line,
                $"The template <{path}> names no data of a -ForEach around it; write `<{path}`> for the text itself.");
        }

        List<PSVariable> variables = [];
        foreach (DictionaryEntry pair in data)
        {
            variables.Add(new PSVariable((string)pair.Key, pair.Value));
        }
        // The comma keeps the value whole: an array of one stays an array.
        var found = ScriptBlock.Create($",(${path})").InvokeWithContext(null, variables);
        return NiceFormat.InName(found.Count == 0 ? null : found[0]);
    }

    private static Hashtable DataAround(TestNode node)
    {
        Hashtable data = new(StringComparer.OrdinalIgnoreCase);
        for (var at = node; at is not null; at = at.Parent)
        {
            foreach (DictionaryEntry pair in at.Variables)
            {
                if (!data.ContainsKey(pair.Key))
                {
                    data.Add(pair.Key, pair.Value);
                }
            }
        }

        return data;
    }

    [GeneratedRegex(@"(?<!`)<(?<path>[^>`]+)>|`(?<escaped>[<>])", RegexOptions.ExplicitCapture)]
    private static partial Regex Template();

    [GeneratedRegex(@"^\w+")]
    private static partial Regex Variable();
}
