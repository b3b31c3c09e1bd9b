using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using PSSharedMemory.EngineTests.Runner;

namespace PSSharedMemory.EngineTests.Should;

/// <summary>
/// -Throw: the message and the id are wildcard patterns on the whole message and on the FullyQualifiedErrorId; the type
/// is matched by -is. With -Not no error at all may come, whatever else was asked.
/// </summary>
internal static class ThrowOperator
{
    // The loop ends a `break` of the script block; the catch is a script's own, so that the record is what a script sees.
    private static readonly ScriptBlock Catching = ScriptBlock.Create(
        "param($____body) try { do { $null = & $____body } until ($true) } catch { $_ }");

    public static ShouldOperator Definition { get; } =
        new("Throw", ["ExpectedMessage", "ErrorId", "ExceptionType", "PassThru"], false, Judge) { Switches = ["PassThru"] };

    private static Finding Judge(Assertion assertion)
    {
        if (TestNode.Unwrapped(assertion.Actual) is not ScriptBlock body)
        {
            throw new ArgumentException("Should -Throw takes a script block in curly braces.");
        }

        var error = ErrorOf(body);
        if (assertion.Negate)
        {
            return new Finding(error is null, $"Expected no error, but got: {(error is null ? "" : ErrorText.Of(error))}");
        }

        if (error is null)
        {
            return new Finding(false, "Expected an error, but there was none.");
        }

        List<string> misses = [];
        var type = Argument<Type>(assertion, "ExceptionType");
        if (type is not null && !type.IsInstanceOfType(error.Exception))
        {
            misses.Add($"the exception should be a [{type}] and is a [{error.Exception.GetType()}]");
        }

        Compare(misses, "message", Argument<string>(assertion, "ExpectedMessage"), error.Exception.Message);
        Compare(misses, "error id", Argument<string>(assertion, "ErrorId"), error.FullyQualifiedErrorId);
        var passThru = assertion.Bound.TryGetValue("PassThru", out var flag) && LanguagePrimitives.IsTrue(flag);
        return new Finding(misses.Count == 0, $"Of the error that came, {string.Join(", and ", misses)}.\n{ErrorText.Of(error)}",
            passThru ? error : null);
    }

    private static ErrorRecord? ErrorOf(ScriptBlock body) =>
        TestNode.Unwrapped(Catching.Invoke(body).FirstOrDefault()) as ErrorRecord;

    private static void Compare(List<string> misses, string what, string? pattern, string actual)
    {
        if (!string.IsNullOrWhiteSpace(pattern) && !Script.IsTrue("$a -like $b", actual, pattern))
        {
            misses.Add($"the {what} should be like '{pattern}' and is '{actual}'");
        }
    }

    private static T? Argument<T>(Assertion assertion, string name) where T : class =>
        assertion.Bound.TryGetValue(name, out var value) && value is not null
            ? LanguagePrimitives.ConvertTo<T>(value) : null;
}
