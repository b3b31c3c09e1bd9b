using System.Collections.Concurrent;
using System.Linq;
using System.Management.Automation;
using PSSharedMemory.EngineTests.Runner;

namespace PSSharedMemory.EngineTests.Should;

/// <summary>Expressions of PowerShell on two values, $a and $b: its operators are the definition of most of Should's.</summary>
internal static class Script
{
    private static readonly ConcurrentDictionary<string, ScriptBlock> Compiled = new();

    public static bool IsTrue(string expression, object? a, object? b) =>
        LanguagePrimitives.IsTrue(Value($"[bool]({expression})", a, b));

    // The try lets an error of the expression reach the caller instead of the error stream.
    public static object? Value(string expression, object? a, object? b) =>
        TestNode.Unwrapped(Compiled
            .GetOrAdd(expression, text => ScriptBlock.Create($"param($a, $b) try {{ {text} }} catch {{ throw }}"))
            .Invoke(a, b).FirstOrDefault());
}
