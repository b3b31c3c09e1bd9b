using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.EngineTests;

/// <summary>Drives the built console as users and scripts do: as a child process.</summary>
public sealed class ConsoleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pst-console-").FullName;
    private readonly string _segment = $"/pst-console-{Environment.ProcessId}-{Guid.NewGuid():N}";

    /// <summary>
    /// Command lines, `{script}` standing for a file of the given text, and the exit codes that pwsh gives.
    /// </summary>
    public static TheoryData<string, string?, string[], int> ExitCodes => new()
    {
        { "exit in a command", null, ["-Command", "exit 5"], 5 },
        { "words of a command are joined", null, ["-Command", "exit", "6"], 6 },
        { "the last command failed", null, ["-Command", "1; Get-NoSuchCommand"], 1 },
        { "another command failed", null, ["-Command", "Get-NoSuchCommand; 1"], 0 },
        { "the last program failed", null, ["-Command", "& sh -c 'exit 9'"], 1 },
        { "a command throws", null, ["-Command", "throw 'x'"], 1 },
        { "a command does not parse", null, ["-Command", "1 +* 2"], 1 },
        { "a command is not whole", null, ["-Command", "if ("], 1 },
        { "no command", null, ["-Command"], 64 },
        { "standard input and more", null, ["-Command", "-", "x"], 64 },
        { "no such option", null, ["-NoSuchOption"], 64 },
        { "no such script", null, ["no-such-script.ps1"], 64 },
        { "no such script by option", null, ["-File", "no-such-script.ps1"], 64 },
        { "no script", null, ["-File"], 64 },
        { "a script ends", "1", ["{script}"], 0 },
        { "a script exits", "exit 7; 1", ["{script}"], 7 },
        { "a script exits beyond a byte", "exit 258", ["-File", "{script}"], 2 },
        { "a script exits without a code", "& sh -c 'exit 3'; exit 0", ["{script}"], 0 },
        { "a program in a script failed", "& sh -c 'exit 3'", ["{script}"], 0 },
        { "a command in a script failed", "Get-NoSuchCommand", ["{script}"], 0 },
        { "a script throws", "throw 'x'", ["{script}"], 1 },
        { "a script stops at an error", "$ErrorActionPreference = 'Stop'; Get-NoSuchCommand; exit 0", ["{script}"], 1 },
        { "a script does not parse", "if (", ["{script}"], 1 },
        { "a script is called wrongly", "param([int]$N) exit 0", ["{script}", "-N", "x"], 1 },
        { "a script has no such parameter", "[CmdletBinding()]param() exit 0", ["{script}", "-N", "1"], 1 },
        { "a script asks its host to end", "$Host.SetShouldExit(4)", ["{script}"], 4 },
        { "a called script exits", "if ($args) { exit 8 }; & $PSCommandPath 1; exit 1 + $LASTEXITCODE", ["{script}"], 9 },
    };

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        File.Delete("/dev/shm" + _segment);
    }

    [Theory]
    [MemberData(nameof(ExitCodes))]
    public async Task ExitCode(string name, string? script, string[] arguments, int expected)
    {
        var run = await ConsoleRun.Of(WithScript(script, arguments));
        Assert.True(expected == run.ExitCode, $"{name}: {run}");
    }

    [Theory]
    [MemberData(nameof(ExitCodes))]
    public async Task ExitCodeIsThatOfPwsh(string name, string? script, string[] arguments, int expected)
    {
        Assert.SkipUnless(HasProgram("pwsh"), "pwsh is not on the PATH");
        var run = await ConsoleRun.OfProgram(["pwsh", "-NoProfile", .. WithScript(script, arguments)]);
        Assert.True(expected == run.ExitCode, $"{name}: {run}");
    }

    [Fact]
    public async Task ModuleIsLoaded()
    {
        var run = await ConsoleRun.Of(
            "-Command", "$m = Get-Module; $m.Name; $m.ModuleBase; (Get-Command New-ShmSegment).Source");
        string[] expected = ["PSSharedMemory", Path.Combine(Repository.Root, "out", "PSSharedMemory"), "PSSharedMemory"];
        Assert.Equal(expected, Lines(run.Output));
    }

    [Fact]
    public async Task ErrorsGoToStandardErrorWithoutColours()
    {
        var script = Script("'out'; Get-NoSuchCommand; throw 'thrown'");
        var run = await ConsoleRun.Of(script);
        Assert.Equal("out", Lines(run.Output).First());
        Assert.DoesNotContain("thrown", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Get-NoSuchCommand", run.Output, StringComparison.Ordinal);
        Assert.Contains("thrown", run.Error, StringComparison.Ordinal);
        Assert.Contains($"{script}:1", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", run.Output + run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one|False|", "-Name", "one")]
    [InlineData("one|True|two,three", "-Name:one", "-Flag", "two", "three")]
    [InlineData("|False|-5,$x,", "-Flag:$false", "-Name", "", "-5", "$x", "")]
    [InlineData("a b|True|c", "a b", "-Flag:true", "c")]
    [InlineData("two words|False|'\"$(1)`", "-na", "two words", "'\"$(1)`")]
    public async Task ArgumentsReachTheParameters(string expected, params string[] arguments)
    {
        var script = Script(
            """
            param([string]$Name, [switch]$Flag, [Parameter(ValueFromRemainingArguments)][string[]]$Rest)
            "$Name|$Flag|$($Rest -join ',')"
            """);
        var run = await ConsoleRun.Of(["-File", script, .. arguments]);
        Assert.Equal((expected, string.Empty), (run.Output.TrimEnd('\n'), run.Error));
    }

    [Fact]
    public async Task ArgumentsThatAreNotDeclaredAreArgs()
    {
        var run = await ConsoleRun.Of(
            Script("$args -join '|'; $PSScriptRoot"), "-x", "1", "-y:2", "--", "-Command");
        Assert.Equal(["-x|1|-y|2|--|-Command", _folder], Lines(run.Output));
    }

    [Fact]
    public async Task ScriptWithoutExtensionRuns()
    {
        var script = Path.Combine(_folder, "tool");
        await File.WriteAllTextAsync(
            script, "#!/usr/bin/env pwsh\nparam($A) $A; exit 3", TestContext.Current.CancellationToken);
        var run = await ConsoleRun.Of(script, "-A", "x");
        Assert.Equal(("x\n", 3), (run.Output, run.ExitCode));
    }

    [Fact]
    public async Task StandardInputIsAScript()
    {
        const string script = """
            function Get-Twice {
                param($Value)

                $Value * 2
            }
            if ($false) {
                'wrong'
            }
            # the block goes on
            else {
                'else'
            }
            try { throw 'x' }
            catch { "caught $_" }
            @'
            if (
            '@
            1, 2 |
                ForEach-Object { Get-Twice $_ }
            exit 4
            'not reached'
            """;
        var run = await ConsoleRun.WithInput(script);
        Assert.Equal(["else", "caught x", "if (", "2", "4"], Lines(run.Output));
        Assert.Equal((4, string.Empty), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("'a'\nthrow 'x'\n'b'\n", 0, "a", "b")]
    [InlineData("'a'\nthrow 'x'\n", 1, "a")]
    [InlineData("'a'\nif (", 1, "a")]
    [InlineData("", 0)]
    public async Task StandardInputGoesOnBehindAnError(string script, int code, params string[] expected)
    {
        var run = await ConsoleRun.WithInput(script, "-Command", "-");
        Assert.Equal(expected, Lines(run.Output));
        Assert.Equal(code, run.ExitCode);
        Assert.Equal(script.Length == 0, run.Error.Length == 0);
    }

    [Fact]
    public async Task StandardInputIsReadAsItComes()
    {
        using var process = ConsoleRun.Start(["dotnet", ConsoleRun.Assembly]);
        await process.StandardInput.WriteAsync("'first'\n");
        Assert.Equal("first", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await process.StandardInput.WriteAsync("'second'\n");
        Assert.Equal("second", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        process.StandardInput.Close();
        Assert.Equal(0, (await ConsoleRun.End(process)).ExitCode);
    }

    [Fact]
    public async Task StandardInputIsTheInputOfAScriptThatUsesIt()
    {
        var run = await ConsoleRun.WithInput("a\nb\n", Script("$input | ForEach-Object { \"<$_>\" }"));
        Assert.Equal(["<a>", "<b>"], Lines(run.Output));
    }

    [Theory]
    [InlineData("y\n", true)]
    [InlineData("n\n", false)]
    [InlineData("what\n?\ny\n", true)]
    [InlineData("", false)] // the default is yes, but nobody said it
    public async Task ConfirmationIsReadFromStandardInput(string answers, bool expected)
    {
        var run = await ConsoleRun.WithInput(
            answers, "-Command", $"$null = New-ShmSegment -Name '{_segment}' -Size 10 -Confirm; 'after'");
        Assert.Equal(expected, File.Exists("/dev/shm" + _segment));
        Assert.Equal("after", Lines(run.Output).Last());
        Assert.Equal(answers.Length == 0, run.Error.Length > 0);
    }

    [Fact]
    public async Task AnswerFollowsTheQuestionInAScriptOnStandardInput()
    {
        var run = await ConsoleRun.WithInput("$a = $Host.UI.ReadLine()\nanswer (\n\"<$a>\"\n");
        Assert.Equal("<answer (>", Lines(run.Output).Last());
    }

    [Fact]
    public async Task MandatoryParametersAreAskedFor()
    {
        var script = Script("param([Parameter(Mandatory)][int]$N, [Parameter(Mandatory)][string[]]$L) \"$N $L\"");
        var good = await ConsoleRun.WithInput("5\na\nb\n\n", script);
        Assert.Equal("5 a b", Lines(good.Output).Last());
        var bad = await ConsoleRun.WithInput("five\n", script);
        Assert.Equal(1, bad.ExitCode);
        Assert.NotEmpty(bad.Error);
    }

    [Fact]
    public async Task SecretsAreNotShown()
    {
        var run = await ConsoleRun.WithInput(
            "hush\n", "-Command", "$s = $Host.UI.ReadLineAsSecureString(); $s.Length");
        Assert.Equal(["4"], Lines(run.Output));
    }

    [Fact]
    public async Task NonInteractiveAsksNothing()
    {
        var run = await ConsoleRun.WithInput(
            "y\n", "-NonInteractive", "-Command", $"New-ShmSegment -Name '{_segment}' -Size 10 -Confirm");
        Assert.False(File.Exists("/dev/shm" + _segment));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("-NonInteractive", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InterruptStopsAScriptAndItsFinallyRuns()
    {
        var script = Script("try { 'ready'; while ($true) { } } finally { [Console]::WriteLine('finally') }");
        using var process = ConsoleRun.Start(["dotnet", ConsoleRun.Assembly, script]);
        var run = await InterruptAfterFirstLine(process, "ready");
        Assert.Equal(("finally\n", string.Empty, 0), (run.Output, run.Error, run.ExitCode)); // 0, as pwsh gives
    }

    [Fact]
    public async Task InterruptStopsACommand()
    {
        using var process = ConsoleRun.Start(
            ["dotnet", ConsoleRun.Assembly, "-Command", "'ready'; while ($true) { }; 'not reached'"]);
        var run = await InterruptAfterFirstLine(process, "ready");
        Assert.Equal((string.Empty, 1), (run.Output, run.ExitCode));
    }

    [Fact]
    public async Task InterruptStopsThePipelineAndNotTheConsole()
    {
        using var process = ConsoleRun.Start(["dotnet", ConsoleRun.Assembly]);
        await process.StandardInput.WriteAsync("& { 'ready'; while ($true) { } }\n'alive'\n");
        process.StandardInput.Close();
        var run = await InterruptAfterFirstLine(process, "ready");
        Assert.Equal(("alive\n", 0), (run.Output, run.ExitCode));
    }

    [Fact]
    public async Task InterruptEndsAQuestion()
    {
        using var process = ConsoleRun.Start(
            ["dotnet", ConsoleRun.Assembly, "-Command", "'ready'; $Host.UI.ReadLine(); 'not reached'"]);
        var run = await InterruptAfterFirstLine(process, "ready");
        Assert.Equal((string.Empty, 1), (run.Output, run.ExitCode));
    }

    [Fact]
    public async Task HelpSaysWhatThereIs()
    {
        foreach (var option in new[] { "--help", "-?" })
        {
            var run = await ConsoleRun.Of(option);
            Assert.Equal((0, string.Empty), (run.ExitCode, run.Error));
            Assert.Contains("-Command", run.Output, StringComparison.Ordinal);
            Assert.Equal(HasProgram("pwsh"), run.Output.Contains("/pwsh", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task MissingModuleIsSaid()
    {
        var copy = Path.Combine(_folder, "bin");
        await ConsoleRun.OfProgram("cp", "-r", Path.GetDirectoryName(ConsoleRun.Assembly)!, copy);
        var run = await ConsoleRun.OfProgram(
            "PSModulePath=", "dotnet", Path.Combine(copy, "PSSharedMemory.Console.dll"), "-Command", "'not reached'");
        Assert.Equal((string.Empty, 70), (run.Output, run.ExitCode));
        Assert.Contains("out/PSSharedMemory", run.Error, StringComparison.Ordinal);
    }

    private static async Task<ConsoleRun> InterruptAfterFirstLine(Process process, string line)
    {
        Assert.Equal(line, await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        return await ConsoleRun.End(process);
    }

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static bool HasProgram(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, name)));

    private string[] WithScript(string? script, string[] arguments) =>
        script is null ? arguments : [.. arguments.Select(a => a == "{script}" ? Script(script) : a)];

    private string Script(string text)
    {
        var path = Path.Combine(_folder, "script.ps1");
        File.WriteAllText(path, text);
        return path;
    }
}
