using System;
using System.Globalization;

namespace PSSharedMemory.Commands;

/// <content>System calls and events.</content>
public static partial class ShmDisplay
{
    /// <summary>The result of a call: an address in hexadecimal, a number, or the errno.</summary>
    public static string Outcome(ShmCall call) => call.Call.StartsWith("SIG", StringComparison.Ordinal)
        ? Address(call.Address)
        : call.Error ?? call.Result switch
        {
            null => "?",
            { } address when call.Call is "mmap" or "shmat" or "mremap" =>
                string.Create(CultureInfo.InvariantCulture, $"0x{address:x}"),
            { } number => number.ToString(CultureInfo.InvariantCulture),
        };

    /// <summary>The call, and below it its result.</summary>
    public static string CallAndOutcome(ShmCall call) => $"{Text(call.Call)}\n= {Outcome(call)}";

    /// <summary>
    /// The first arguments: structures that the kernel returns are long, and stand in Arguments whole.
    /// </summary>
    public static string ArgumentsOf(ShmCall call)
    {
        const int Most = 60;
        var text = Text(call.Detail ?? WithoutFolder(call.Arguments));
        return call.Detail is null && text.Length > Most ? text[..(Most - 1)] + "…" : text;
    }

    // An absolute name needs no folder to start from.
    private static string WithoutFolder(string arguments)
    {
        const string Absolute = ">, \"/";
        return arguments.StartsWith("AT_FDCWD<", StringComparison.Ordinal)
            && arguments.IndexOf(Absolute, StringComparison.Ordinal) is > 0 and var end
            ? arguments[(end + Absolute.Length - 2)..] : arguments;
    }

    /// <summary>"pwsh(812)"; "?" where nobody knows.</summary>
    public static string By(ShmEvent one) => one.ProcessId is { } id
        ? string.Create(CultureInfo.InvariantCulture, $"{Text(one.Command ?? "?")}({id})")
        : one.Kind == ShmEventKind.Overflow ? "" : "?";
}
