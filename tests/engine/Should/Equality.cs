using System;
using System.Linq;
using System.Management.Automation;
using PSSharedMemory.EngineTests.Runner;

namespace PSSharedMemory.EngineTests.Should;

/// <summary>
/// -Be and -BeExactly: scalars by PowerShell's -eq with the expected value on its left, collections element by element,
/// and nothing equals null, an empty collection, and a collection of one null.
/// </summary>
internal static class Equality
{
    private const int DepthLimit = 100;

    /// <summary>The value as `@(...)` would hold it.</summary>
    public static object?[] Enumerate(object? value) => value switch
    {
        null => [null],
        _ when LanguagePrimitives.GetEnumerable(value) is { } items => [.. items.Cast<object?>()],
        _ => [value],
    };

    public static bool AreEqual(object? actual, object? expected, bool exactly, int depth = 1)
    {
        if (depth > DepthLimit)
        {
            throw new InvalidOperationException($"The collections are nested deeper than {DepthLimit}; is one of them cyclic?");
        }

        var left = Enumerate(actual);
        var right = Enumerate(expected);
        if (IsNothing(left) || IsNothing(right))
        {
            return IsNothing(left) && IsNothing(right);
        }

        return left.Length == right.Length
            && left.Zip(right).All(pair => AreElementsEqual(pair.First, pair.Second, exactly, depth));
    }

    private static bool AreElementsEqual(object? actual, object? expected, bool exactly, int depth)
    {
        var left = TestNode.Unwrapped(actual);
        var right = TestNode.Unwrapped(expected);
        if (left is Array || right is Array)
        {
            return AreEqual(actual, expected, exactly, depth + 1);
        }
        // The engine says the same of these, more slowly; arrays of bytes may be long.
        if (left is byte or int or long && left.GetType() == right?.GetType())
        {
            return left.Equals(right);
        }

        return Script.IsTrue(exactly ? "$b -ceq $a" : "$b -eq $a", actual, expected);
    }

    private static bool IsNothing(object?[] values) =>
        values.Length == 0 || (values.Length == 1 && TestNode.Unwrapped(values[0]) is null);
}
