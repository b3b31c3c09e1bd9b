using System;
using System.Globalization;
using System.Management.Automation.Host;

namespace PSSharedMemory.ConsoleHost;

/// <summary>What the engine sees of the console.</summary>
internal sealed class EngineHost : PSHost
{
    private readonly HostUserInterface _ui;

    public EngineHost(bool nonInteractive)
    {
        Input = new StandardInput();
        Progress = new ProgressLine();
        _ui = new HostUserInterface(Input, Progress, nonInteractive);
    }

    public StandardInput Input { get; }

    public ProgressLine Progress { get; }

    /// <summary>The code that `exit` or a script asked the console to end with.</summary>
    public int? ExitRequested { get; private set; }

    /// <summary>Runs a prompt inside of the running pipeline, until `exit`; null where there can be none.</summary>
    public Action? NestedPrompt { get; set; }

    /// <summary>Set by `exit` in a nested prompt.</summary>
    public bool NestedPromptEnds { get; set; }

    public override string Name => "PSSharedMemory.Console";

    public override Version Version { get; } = typeof(EngineHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => _ui;

    /// <summary>While the error that ended a pipeline is shown, all that is formatted is of the error stream.</summary>
    public void ShowAsErrors(bool value) => _ui.LinesAreErrors = value;

    public override void SetShouldExit(int exitCode) => ExitRequested = exitCode;

    public override void EnterNestedPrompt()
    {
        if (NestedPrompt is null)
        {
            throw new HostException("There is no prompt to go to: standard input is no terminal.");
        }

        NestedPrompt();
    }

    public override void ExitNestedPrompt() => NestedPromptEnds = true;

    public override void NotifyBeginApplication() => Progress.Clear();

    public override void NotifyEndApplication()
    {
    }
}
