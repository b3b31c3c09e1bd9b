using System;
using System.IO;
using System.Threading.Tasks;
using Xunit;

namespace PSSharedMemory.EngineTests;

/// <summary>The console's prompt, as somebody at a terminal meets it.</summary>
public sealed class ConsolePromptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pst-console-").FullName;

    private string Prompt => $"PS {_folder}>";

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task CommandsRunUntilExit()
    {
        using var terminal = await Open();
        terminal.Type("& sh -c 'exit 3'");
        terminal.Press("Enter");
        terminal.Type("\"$? $LASTEXITCODE\"");
        terminal.Press("Enter");
        await terminal.Shows($"\nFalse 3\n{Prompt}");
        terminal.Type("exit 5");
        terminal.Press("Enter");
        await terminal.Shows("code=5");
    }

    [Fact]
    public async Task EndOfInputEndsIt()
    {
        using var terminal = await Open();
        terminal.Press("C-d");
        await terminal.Shows("code=0");
    }

    [Fact]
    public async Task InputThatIsNotWholeGoesOnInTheNextLine()
    {
        using var terminal = await Open();
        foreach (var line in new[] { "function f {", "'from f'", "}", "f" })
        {
            terminal.Type(line);
            terminal.Press("Enter");
        }

        await terminal.Shows($"{Prompt} function f {{\n>> 'from f'\n>> }}\n{Prompt} f\nfrom f\n{Prompt}");
    }

    [Fact]
    public async Task LinesAreEdited()
    {
        using var terminal = await Open();
        terminal.Type("'bcX'");
        terminal.Press("Left", "BSpace", "Home", "Right");
        terminal.Type("a");
        terminal.Press("End");
        await terminal.Shows($"{Prompt} 'abc'");
        terminal.Type(" + '" + new string('x', 100) + "'");
        terminal.Press("C-a");
        terminal.Type("'é漢' + ");
        terminal.Press("Enter");
        await terminal.Shows($"\né漢abc{new string('x', 94)}\nxxxxxx\n{Prompt}");
    }

    [Fact]
    public async Task TabGoesRoundTheCandidates()
    {
        using var terminal = await Open();
        terminal.Type("New-ShmSeg");
        terminal.Press("Tab");
        await terminal.Shows($"{Prompt} New-ShmSegment");
        terminal.Type(" -S");
        terminal.Press("Tab");
        await terminal.Shows("[long] Size");
        Assert.Contains($"{Prompt} New-ShmSegment -Size\n", terminal.Screen, StringComparison.Ordinal);
        terminal.Press("Tab", "Tab");
        await terminal.Shows("[ShmSeals] Seal");
        terminal.Press("BTab", "Escape");
        await terminal.Shows($"{Prompt} New-ShmSegment -S");
    }

    [Fact]
    public async Task HistoryIsKeptForTheNextSession()
    {
        using (var first = await Open())
        {
            first.Type("'one' +");
            first.Press("Enter");
            first.Type("'\\n'");
            first.Press("Enter");
            first.Type("'two'");
            first.Press("Enter");
            first.Type(" 'a blank keeps it out'");
            first.Press("Enter");
            await first.Shows($"\n{Prompt}  'a blank keeps it out'\na blank keeps it out\n{Prompt}");
            Assert.Equal("600\n", (await ConsoleRun.OfProgram("stat", "-c", "%a", first.HistoryFile)).Output);
        }

        using var second = await Open();
        second.Press("Up");
        await second.Shows($"{Prompt} 'two'");
        second.Press("Up", "Enter");
        await second.Shows($"{Prompt} 'one' +\n>> '\\n'\none\\n\n{Prompt}");
        second.Press("C-r");
        second.Type("tw");
        await second.Shows($"{Prompt} 'two'\nsearch: tw_");
        second.Press("Enter");
        await second.Shows($"\ntwo\n{Prompt}");
    }

    [Fact]
    public async Task InterruptStopsWhatRunsAndNotTheConsole()
    {
        using var terminal = await Open();
        terminal.Type("'ready'; while ($true) { }");
        terminal.Press("Enter");
        await terminal.Shows("\nready");
        terminal.Press("C-c");
        await terminal.Shows($"\nready\n{Prompt}");
        terminal.Type("not meant");
        await terminal.Shows($"{Prompt} not meant");
        terminal.Press("C-c");
        await terminal.Shows($"{Prompt} not meant\n{Prompt}");
        terminal.Type("& sh -c 'echo started; sleep 600'");
        terminal.Press("Enter");
        await terminal.Shows("\nstarted");
        terminal.Press("C-c");
        await terminal.Shows($"\nstarted\n{Prompt}");
    }

    [Fact]
    public async Task ConfirmationCanBeSuspended()
    {
        using var terminal = await Open();
        terminal.Type("New-ShmSegment -Private -Size 10 -Confirm");
        terminal.Press("Enter");
        await terminal.Shows("(default is \"Y\"):");
        terminal.Type("s");
        terminal.Press("Enter");
        await terminal.Shows($"\n{Prompt}>");
        terminal.Type("exit");
        terminal.Press("Enter");
        await terminal.Shows("(default is \"Y\"):");
        terminal.Type("n");
        terminal.Press("Enter");
        await terminal.Shows($"(default is \"Y\"): n\n{Prompt}");
    }

    [Fact]
    public async Task ProgressIsDrawnAndTakenAway()
    {
        using var terminal = await Open();
        terminal.Type(
            "& { $r = [Management.Automation.ProgressRecord]::new(1, 'Working', 'hard'); $r.PercentComplete = 40; "
            + "$Host.UI.WriteProgress(1, $r); $null = $Host.UI.RawUI.ReadKey('NoEcho,IncludeKeyDown') }");
        terminal.Press("Enter");
        await terminal.Shows("\nWorking 40% [hard]");
        terminal.Press("x");
        await terminal.Shows($"KeyDown') }}\n{Prompt}");
    }

    private async Task<ConsoleTerminal> Open()
    {
        Assert.SkipUnless(ConsoleTerminal.IsPossible, "tmux is not on the PATH");
        var terminal = new ConsoleTerminal(_folder);
        await terminal.Shows(Prompt);
        return terminal;
    }
}
