using System;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace PSSharedMemory.ConsoleHost;

/// <summary>Where answers come from: an edited line of the terminal, or the next line of a redirected input.</summary>
internal sealed class Questions(HostUserInterface ui, StandardInput input, bool nonInteractive)
{
    /// <summary>A line for Read-Host; empty at the end of the input, as in pwsh.</summary>
    public string ReadLine() => NextLine(echo: true) ?? string.Empty;

    /// <summary>The answer to a question that must have one.</summary>
    /// <exception cref="PromptingException">The input has ended: nothing may be taken for a yes.</exception>
    public string Answer(bool echo = true) => NextLine(echo) ?? throw new PromptingException(
        "Standard input ended where an answer was expected. Give it there, or use -Confirm:$false.",
        null,
        "InputEnded",
        ErrorCategory.ResourceUnavailable);

    public SecureString ReadSecret()
    {
        Refuse();
        var secret = new SecureString();
        if (Console.IsInputRedirected)
        {
            foreach (var c in Answer(echo: false))
            {
                secret.AppendChar(c);
            }
        }
        else
        {
            while (Keys.Read() is { Key: not ConsoleKey.Enter } key)
            {
                if (key.Key != ConsoleKey.Backspace)
                {
                    if (key.KeyChar != '\0')
                    {
                        secret.AppendChar(key.KeyChar);
                    }
                }
                else if (secret.Length > 0)
                {
                    secret.RemoveAt(secret.Length - 1);
                }
            }

            ui.WriteLine();
        }

        secret.MakeReadOnly();
        return secret;
    }

    private string? NextLine(bool echo)
    {
        Refuse();
        if (Terminal.CanEdit)
        {
            // The editor draws the question anew with each key.
            try
            {
                return new LineEditor().Read(ui.OpenLine);
            }
            finally
            {
                ui.CloseLine();
            }
        }

        if (!Console.IsInputRedirected)
        {
            return Console.In.ReadLine(); // a dumb terminal edits its lines by itself
        }

        var line = input.ReadLine();

        // What is typed at a terminal ends the question's line; here the answer has to be put there.
        ui.WriteLine(echo && line is not null ? line : string.Empty);
        return line;
    }

    private void Refuse()
    {
        if (nonInteractive)
        {
            throw new PromptingException(
                "The console was started with -NonInteractive: it asks nothing.",
                null,
                "NonInteractive",
                ErrorCategory.InvalidOperation);
        }
    }
}
