using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using PSSharedMemory.CDeclarations;
using Xunit;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>
/// Texts that are short and would take long: an error soon, time that grows with the text alone, and Ctrl+C is heard.
/// </summary>
public sealed partial class BombTests
{
    public static TheoryData<string, string> Bombs() => new()
    {
        { "nested", Nested("a", 3) },
        { "nested and empty", "#define E\n" + Nested("E", 4) },
        { "nested arguments", "#define F(x) x x\n#define G(x) F(F(F(F(x))))\nstruct s { " + Many("G(", 30) + "int"
            + new string(')', 30) + " a; };" },
        { "parameters", "#define F(" + string.Join(',', Numbers('p')) + ") " + string.Join(' ', Numbers('p'))
            + "\nstruct s { F(" + string.Join(',', Numbers('1')) + ") };" },
        { "unclosed calls", "#define F(x) x\nstruct s { " + Many("F( ", 50_000) + "};" },
        { "long names", "#define L " + new string('a', 100_000) + "\nstruct s { "
            + string.Concat(Numbers('n').Select(static name => $"struct L *{name};")) + "};" },
        { "pasting", "#define P(x, y) x ## y x ## y\n"
            + string.Concat(Enumerable.Range(1, 40).Select(static i => $"#define Q{i} P(Q{i - 1}, b) Q{i - 1}\n"))
            + "struct s { Q40 };" },
        { "offsetof", "struct f { " + string.Concat(Numbers('m').Select(static name => $"char {name};")) + " }; enum { "
            + string.Join(',', Numbers('m').Select(static name => $"x{name} = __builtin_offsetof(struct f, {name})"))
            + " };" },
        { "anonymous", string.Concat(Enumerable.Range(0, 100).Select(static i => $"struct {{ char c{i}; "))
            + string.Concat(Numbers('f').Select(static name => $"int {name};")) + Many("};", 100) },
        { "broken declarations", Many("struct { unknown ", 150) + Many("}", 150) + Many(" broken x;", 20_000)
            + "struct s { int a; };" },
    };

    public static TheoryData<string, string> Depths() => new()
    {
        { "templates", "template <int N> struct s { s<N + 1> a, b; }; struct a { s<0> v; };" },
        { "namespaces", Many("namespace n { ", 500) + "unknown x;" + Many("}", 500) },
        { "structs", Many("struct { ", 500) + "unknown x;" + Many("} x;", 500) },
        { "named structs", string.Concat(Enumerable.Range(0, 500).Select(static i => $"struct s{i} {{ "))
            + "unknown x;" + Many("} x;", 500) },
        { "parentheses", "struct s { int a[" + Many("(", 5000) + "1" + Many(")", 5000) + "]; };" },
        { "signs", "struct s { int a[" + Many("- ", 5000) + "1]; };" },
        { "declarators", "struct s { int " + Many("(*", 5000) + "a" + Many(")", 5000) + "; };" },
    };

    /// <summary>Where there's no limit on stacks, threads have 2 MB, and those of other C libraries less.</summary>
    [Theory]
    [MemberData(nameof(Depths))]
    public void Depths_are_refused_on_a_small_stack_too(string name, string text)
    {
        Exception? error = null;
        var thread = new Thread(() => error = Record.Exception(() => ShmType.Parse(text, "none")), 1 << 19);
        thread.Start();
        thread.Join();
        Assert.True(error is ShmDefinitionException, $"{name}: {error}");
    }

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Take_no_time(string name, string text)
    {
        ShmType.Parse("struct warm { int a; };", "warm");
        foreach (var asked in (string?[])[null, "s"])
        {
            // The processor's time of this thread, the best of three: what else runs on the machine does not count.
            var best = Enumerable.Range(0, 3).Min(_ => Cost(text, asked));
            Assert.True(best < 200 + (text.Length / 1000.0), $"{name}: {best:F0} ms for {text.Length} characters");
        }
    }

    [Fact]
    public void Ctrl_C_is_heard()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var text = string.Concat(Enumerable.Range(0, 5000).Select(static i => $"struct s{i} {{ int a, b, c; }};\n"));
        Assert.Throws<OperationCanceledException>(() => ShmType.Parse(text, null, null, stop.Token));
    }

    [Fact]
    public void Ctrl_C_is_heard_within_the_macros_of_one_token()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var macros = new Dictionary<string, Macro> { ["M"] = new(null, Lexer.Run(Many("x ", 100))) };
        var macro = new MacroExpander(macros, 1, stop.Token);
        Assert.Throws<OperationCanceledException>(() => macro.All(Lexer.Run(Many("M ", 100)), []));
    }

    private static double Cost(string text, string? asked)
    {
        var start = ProcessorTime();
        try
        {
            ShmType.Parse(text, asked);
        }
        catch (ShmDefinitionException)
        {
            // Most of these are errors; that they are soon is what counts.
        }

        return ProcessorTime() - start;
    }

    /// <summary>Milliseconds that this thread has had of a processor.</summary>
    private static double ProcessorTime()
    {
        const int ThreadCpuTime = 3;
        Assert.Equal(0, clock_gettime(ThreadCpuTime, out var time));
        return (time.Seconds * 1e3) + (time.Nanoseconds / 1e6);
    }

    [LibraryImport("libc")]
    [SuppressMessage("StyleCop.CSharp.NamingRules", "SA1300", Justification = "The spelling of C is kept.")]
    private static partial int clock_gettime(int clock, out Timespec time);

    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    private static string Nested(string leaf, int times) => $"#define M0 {leaf}\n"
        + string.Concat(Enumerable.Range(1, 40).Select(i => $"#define M{i}{Many($" M{i - 1}", times)}\n"))
        + "struct s { int M40; };";

    private static string[] Numbers(char prefix) => [.. Enumerable.Range(0, 20_000).Select(i => $"{prefix}{i}")];

    private static string Many(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
