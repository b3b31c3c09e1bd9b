using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using PSSharedMemory.EngineTests.Runner;

namespace PSSharedMemory.EngineTests.Should;

/// <summary>The operators that the suite may use. What is not in this list is refused before a file is run.</summary>
internal static class ShouldOperators
{
    private static readonly string[] ExpectedValue = ["ExpectedValue"];

    public static IReadOnlyList<ShouldOperator> All { get; } =
    [
        new("Be", ExpectedValue, true, a => Judge(a, Equality.AreEqual(a.Actual, a.Expected, exactly: false), "be")),
        new("BeExactly", ExpectedValue, true, a => Judge(a, Equality.AreEqual(a.Actual, a.Expected, exactly: true), "be exactly")),
        // Pester negates these by their opposites, which matters for values that no order holds.
        Comparison("BeGreaterThan", "-not ($a -le $b)", "-not ($a -gt $b)", "be greater than"),
        Comparison("BeGreaterOrEqual", "-not ($a -lt $b)", "-not ($a -ge $b)", "be greater than or equal to"),
        Comparison("BeLessThan", "-not ($a -ge $b)", "-not ($a -lt $b)", "be less than"),
        Comparison("BeLessOrEqual", "-not ($a -gt $b)", "-not ($a -le $b)", "be less than or equal to"),
        Simple("BeIn", "$b -contains $a", "be in"),
        Simple("BeLike", "$a -like $b", "be like"),
        Simple("BeLikeExactly", "$a -clike $b", "be exactly like"),
        new("Match", ["RegularExpression"], false, a => Matches(a, "$a -match $b")),
        new("MatchExactly", ["RegularExpression"], false, a => Matches(a, "$a -cmatch $b")),
        new("BeNullOrEmpty", [], true, a => Judge(a, IsNullOrEmpty(a.Actual), "be $null or empty", hasExpected: false)),
        new("BeTrue", [], false, a => Judge(a, LanguagePrimitives.IsTrue(a.Actual), "be $true", hasExpected: false)),
        new("BeFalse", [], false, a => Judge(a, !LanguagePrimitives.IsTrue(a.Actual), "be $false", hasExpected: false)),
        new("BeOfType", ["ExpectedType"], false, IsOfType),
        new("Contain", ExpectedValue, true, a => Judge(a, Script.IsTrue("$a -contains $b", a.Actual, a.Expected), "contain")),
        new("HaveCount", ExpectedValue, true, HasCount),
        new("Exist", [], false, Exists),
        ThrowOperator.Definition,
        HaveParameterOperator.Definition,
    ];

    public static ShouldOperator? Find(string name) =>
        All.FirstOrDefault(op => op.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    public static Finding Judge(Assertion assertion, bool isSo, string relation, bool hasExpected = true)
    {
        var not = assertion.Negate ? "not " : "";
        // What came as one object through the pipeline is shown as one.
        var shown = assertion.Actual is object?[] { Length: 1 } one ? one[0] : assertion.Actual;
        var expected = hasExpected ? $" {NiceFormat.Of(assertion.Expected)}" : "";
        return new Finding(isSo != assertion.Negate,
            $"Expected the value to {not}{relation}{expected}, but got {NiceFormat.Of(shown)}.");
    }

    private static ShouldOperator Simple(string name, string holds, string relation) =>
        new(name, ExpectedValue, false, a => Judge(a, Script.IsTrue(holds, a.Actual, a.Expected), relation));

    private static ShouldOperator Comparison(string name, string holds, string holdsNegated, string relation) =>
        new(name, ExpectedValue, false, a =>
            Judge(a, Script.IsTrue(a.Negate ? holdsNegated : holds, a.Actual, a.Expected) != a.Negate, relation));

    private static Finding Matches(Assertion assertion, string expression)
    {
        var pattern = assertion.Bound.TryGetValue("RegularExpression", out var bound) ? bound : null;
        var isSo = Script.IsTrue(expression, assertion.Actual, pattern);
        return Judge(assertion, isSo, $"match {NiceFormat.Of(pattern)}", hasExpected: false);
    }

    // Of a collection of one it is the element that counts.
    private static bool IsNullOrEmpty(object? actual) => (actual as object?[] ?? [actual]) switch
    {
        [] => true,
        [var one] when TestNode.Unwrapped(one) is System.Collections.Hashtable table => table.Count == 0,
        [var one] => Script.IsTrue("[string]::IsNullOrEmpty($a)", one, null),
        _ => false,
    };

    private static Finding IsOfType(Assertion assertion)
    {
        var named = TestNode.Unwrapped(assertion.Bound.TryGetValue("ExpectedType", out var bound) ? bound : null);
        var type = named as Type ?? (Type?)Script.Value("($a -replace '^\\[(.*)\\]$', '$1') -as [type]", named, null)
            ?? throw new ArgumentException($"There is no type {named}.");
        var actualType = TestNode.Unwrapped(assertion.Actual)?.GetType().ToString() ?? "null";
        return Judge(assertion, Script.IsTrue("$a -is $b", assertion.Actual, type), $"be of type [{type}] and not [{actualType}]", hasExpected: false);
    }

    private static Finding HasCount(Assertion assertion)
    {
        var expected = LanguagePrimitives.ConvertTo<int>(assertion.Expected);
        if (expected < 0)
        {
            throw new ArgumentException("A count cannot be negative.");
        }

        var count = (assertion.Actual as object?[])?.Length ?? 0;
        return Judge(assertion, count == expected, $"have, instead of {count}, the count");
    }

    private static Finding Exists(Assertion assertion)
    {
        var path = LanguagePrimitives.ConvertTo<string>(assertion.Actual);
        return Judge(assertion, assertion.Caller.InvokeProvider.Item.Exists(path), "be the path of something that exists", hasExpected: false);
    }
}
