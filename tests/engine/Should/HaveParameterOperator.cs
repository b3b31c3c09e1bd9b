using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using PSSharedMemory.EngineTests.Runner;

namespace PSSharedMemory.EngineTests.Should;

/// <summary>-HaveParameter with -Type, -Mandatory and -Alias; with -Not and a name alone.</summary>
internal static class HaveParameterOperator
{
    // Pester's other parameters lie between these by position; here they go by name only.
    public static ShouldOperator Definition { get; } =
        new("HaveParameter", ["ParameterName", "Type", "Mandatory", "Alias"], false, Judge) { Switches = ["Mandatory"] };

    private static Finding Judge(Assertion assertion)
    {
        if (TestNode.Unwrapped(assertion.Actual) is not CommandInfo command)
        {
            throw new ArgumentException("Should -HaveParameter takes what Get-Command returns.");
        }

        var name = LanguagePrimitives.ConvertTo<string>(Argument(assertion, "ParameterName"));
        string[] conditions = [.. Definition.Parameters.Skip(1).Where(assertion.Bound.ContainsKey)];
        if (assertion.Negate && conditions.Length > 0)
        {
            throw new PSNotSupportedException($"Should -Not -HaveParameter -{conditions[0]} is not known to this runner.");
        }

        if (!command.Parameters.TryGetValue(name, out var parameter))
        {
            return new Finding(assertion.Negate, $"Expected {command.Name} to have a parameter {name}.");
        }

        List<string> misses = assertion.Negate ? ["should not be there"] : [.. Misses(assertion, parameter)];
        return new Finding(misses.Count == 0, $"The parameter {name} of {command.Name} {string.Join(", and ", misses)}.");
    }

    private static IEnumerable<string> Misses(Assertion assertion, ParameterMetadata parameter)
    {
        var named = Argument(assertion, "Type");
        if (named is not null)
        {
            var type = named as Type ?? (Type?)Script.Value("($a -replace '^\\[(.*)\\]$', '$1') -as [type]", named, null);
            if (type != parameter.ParameterType)
            {
                yield return $"should have the type [{named}] and has [{parameter.ParameterType}]";
            }
        }

        if (LanguagePrimitives.IsTrue(Argument(assertion, "Mandatory")) && !parameter.Attributes.OfType<ParameterAttribute>().Any(a => a.Mandatory))
        {
            yield return "should be mandatory";
        }

        foreach (var alias in Equality.Enumerate(Argument(assertion, "Alias")))
        {
            if (alias is not null && !parameter.Aliases.Contains(alias.ToString(), StringComparer.OrdinalIgnoreCase))
            {
                yield return $"should have the alias {alias}";
            }
        }
    }

    private static object? Argument(Assertion assertion, string name) =>
        assertion.Bound.TryGetValue(name, out var value) ? TestNode.Unwrapped(value) : null;
}
