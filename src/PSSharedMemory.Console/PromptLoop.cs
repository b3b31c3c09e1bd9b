using System;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Reads commands from a terminal and runs them, until `exit` or Ctrl+D.</summary>
internal sealed class PromptLoop(EngineSession session)
{
    private const string PlainPrompt = "PS> ";

    private readonly History _history = new(History.DefaultPath());

    public int Run()
    {
        Loop(nested: false, () => session.Host.ExitRequested is not null);
        return session.Host.ExitRequested ?? ExitCode.Success;
    }

    /// <summary>A prompt inside of the pipeline that waits, as after Suspend at a confirmation.</summary>
    public void RunNested()
    {
        session.Host.NestedPromptEnds = false;
        Loop(nested: true, () => session.Host.NestedPromptEnds || session.Host.ExitRequested is not null);
        session.Host.NestedPromptEnds = false;
    }

    private void Loop(bool nested, Func<bool> ended)
    {
        var editor = new LineEditor(_history, new Completer(session.Runspace, nested), StatementReader.IsIncomplete);
        while (!ended())
        {
            string? text;
            try
            {
                var prompt = Prompt(nested);
                text = Terminal.CanEdit ? Edit(editor, prompt) : ReadPlain(prompt);
            }
            catch (PipelineStoppedException)
            {
                continue; // Ctrl+C: this line is not meant any more
            }

            if (text is null)
            {
                return;
            }

            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            _history.Add(text);
            session.Run(
                new Command(text, isScript: true, useLocalScope: false), nested: nested, historyText: text);
        }
    }

    private string Prompt(bool nested)
    {
        try
        {
            return session.Evaluate("prompt", nested)?.ToString() is { Length: > 0 } text
                ? text
                : PlainPrompt;
        }
        catch (RuntimeException)
        {
            return PlainPrompt; // whatever the user made of it, there is a prompt
        }
    }

    // The editor draws the prompt's last line anew with each key.
    private static string? Edit(LineEditor editor, string prompt)
    {
        var lastLine = prompt.LastIndexOf('\n') + 1;
        Console.Out.Write(prompt[..lastLine]);
        return editor.Read(prompt[lastLine..]);
    }

    // A terminal that cannot move its cursor, or output that goes elsewhere.
    private static string? ReadPlain(string prompt)
    {
        Console.Out.Write(prompt);
        var text = Console.In.ReadLine();
        while (text is not null && StatementReader.IsIncomplete(text))
        {
            Console.Out.Write(">> ");
            var line = Console.In.ReadLine();
            if (line is null)
            {
                break;
            }

            text += "\n" + line;
        }

        return text;
    }
}
